namespace ResilientRabbit.Testing.Server;

/// <summary>What stops a node's connections from reading: the whole node frozen, or one connection blocked by an alarm.</summary>
internal sealed class NodeGates
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = New();

    /// <summary>Whether the node stands still.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>Whether the node is being closed: whoever waits goes on, to find its socket gone.</summary>
    public bool IsOpenForGood { get; private set; }

    public void Freeze() => Change(() => IsFrozen = true);

    public void Thaw() => Change(() => IsFrozen = false);

    public void OpenForGood(bool value) => Change(() =>
    {
        IsOpenForGood = value;
        IsFrozen = IsFrozen && !value;
    });

    /// <summary>Lets those who wait look again.</summary>
    public void Changed() => Change(static () => { });

    /// <summary>Waits until the connection may go on reading.</summary>
    public async ValueTask WaitAsync(ServerConnection connection)
    {
        while (Blocking(connection) is { } changed)
        {
            await changed.ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the node does not stand still.</summary>
    public async Task WaitForThawAsync()
    {
        while (Blocking(connection: null) is { } changed)
        {
            await changed.ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task? Blocking(ServerConnection? connection)
    {
        lock (_gate)
        {
            return !IsOpenForGood && (IsFrozen || connection is { IsBlocked: true }) ? _changed.Task : null;
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            changed = _changed;
            _changed = New();
        }

        changed.SetResult();
    }
}

namespace ResilientRabbit.Connections;

/// <summary>Who waits for room in the sender. Used under its lock.</summary>
internal sealed class RoomRequests
{
    private TaskCompletionSource? _next;
    private bool _isWanted;

    /// <summary>Whether anybody waits.</summary>
    public bool IsAny => _isWanted || _next is not null;

    /// <summary>Asks for the event. Never taken back: another lane that finds room may not cost this one its call.</summary>
    public void Want() => _isWanted = true;

    /// <summary>One task for all who wait: an event for a single waiter left the first of two waiting for ever.</summary>
    public Task Next() => (_next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Takes the requests, to be answered outside the lock.</summary>
    public (TaskCompletionSource? Next, bool IsWanted) Take()
    {
        (TaskCompletionSource?, bool) taken = (_next, _isWanted);
        (_next, _isWanted) = (null, false);
        return taken;
    }
}

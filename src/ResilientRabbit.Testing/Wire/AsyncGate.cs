using System.Threading.Tasks.Sources;

namespace ResilientRabbit.Testing.Wire;

/// <summary>Wakes one waiter; opened before the wait, the wait returns at once. No allocation, any number of times.</summary>
internal sealed class AsyncGate : IValueTaskSource
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private bool _open;
    private bool _waiting;

    public void Open()
    {
        lock (_lock)
        {
            if (_open)
            {
                return;
            }

            if (!_waiting)
            {
                _open = true;
                return;
            }

            _waiting = false;
        }

        _core.SetResult(true);
    }

    /// <summary>Waits for <see cref="Open"/>; one waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_open)
            {
                _open = false;
                return ValueTask.CompletedTask;
            }

            _core.Reset();
            _waiting = true;
            return new ValueTask(this, _core.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);
}

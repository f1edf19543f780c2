namespace ResilientRabbit.Testing.Server;

/// <summary>Somebody who waits for the broker to be in some state.</summary>
internal sealed class ConditionWaiter(Func<bool> condition)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Task => _done.Task;

    /// <summary>Looks; true when the waiting is over.</summary>
    public bool Look()
    {
        try
        {
            if (condition())
            {
                _done.TrySetResult();
            }
        }
        catch (Exception exception)
        {
            // The test's own condition failed: that is the test's to see, not the connection's whose turn it is.
            _done.TrySetException(exception);
        }

        return _done.Task.IsCompleted;
    }
}

namespace ResilientRabbit.Connections;

/// <summary>Counts background work that nobody waits for, so that tests and the shutdown can see when nothing is left.</summary>
internal sealed class TeardownCounter
{
    private int _running;

    public int Running => Volatile.Read(ref _running);

    /// <summary>Counts the task until it ends. It must not fault.</summary>
    public void Track(Task task)
    {
        Interlocked.Increment(ref _running);
        _ = task.ContinueWith(
            static (_, state) => Interlocked.Decrement(ref ((TeardownCounter)state!)._running),
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}

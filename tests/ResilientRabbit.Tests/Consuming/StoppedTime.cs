namespace ResilientRabbit.Tests.Consuming;

/// <summary>Time that stands still: a timer fires when the test says so.</summary>
internal sealed class StoppedTime : TimeProvider
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<StoppedTimer> _timers = new();

    /// <summary>The due times of the timers that run at the moment.</summary>
    public IReadOnlyList<TimeSpan> Running => [.. _timers.Where(static timer => timer.Due != Timeout.InfiniteTimeSpan).Select(static timer => timer.Due)];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new StoppedTimer(callback, state) { Due = dueTime };
        _timers.Enqueue(timer);
        return timer;
    }

    public void FireAll()
    {
        foreach (StoppedTimer timer in _timers.Where(static timer => timer.Due != Timeout.InfiniteTimeSpan).ToArray())
        {
            timer.Due = Timeout.InfiniteTimeSpan;
            timer.Fire();
        }
    }

    private sealed class StoppedTimer(TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime;
            return true;
        }

        public void Dispose() => Due = Timeout.InfiniteTimeSpan;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}

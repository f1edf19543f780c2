namespace ResilientRabbit.Tests.Connections;

/// <summary>Time that moves when the test says so. Timers fire on the advancing thread, in the order of their due times, each at its own instant.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private long _now = TimeSpan.TicksPerHour;

    /// <summary>Called when a timer was made or changed.</summary>
    public Action? Changed { get; set; }

    /// <summary>Called inside a timer's stop, before it takes effect: what another thread might do just then.</summary>
    public Action? Stopping { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Whether a timer runs that was set to this delay.</summary>
    public bool IsWaiting(TimeSpan delay)
    {
        lock (_gate)
        {
            return _timers.Exists(timer => timer.Due != long.MaxValue && timer.Delay == delay);
        }
    }

    /// <summary>How long until the next timer is due; null when none runs.</summary>
    public TimeSpan? UntilNext()
    {
        lock (_gate)
        {
            long due = _timers.Select(static timer => timer.Due).DefaultIfEmpty(long.MaxValue).Min();
            return due == long.MaxValue ? null : TimeSpan.FromTicks(Math.Max(0, due - GetTimestamp()));
        }
    }

    public void Advance(TimeSpan span)
    {
        long end = GetTimestamp() + span.Ticks;
        while (NextBefore(end) is { } timer)
        {
            timer.Fire();
        }

        Volatile.Write(ref _now, end);
    }

    /// <summary>Moves the time while nothing runs, as a frozen process sees it; then what is due fires once.</summary>
    public void Freeze(TimeSpan span)
    {
        long end = GetTimestamp() + span.Ticks;
        Volatile.Write(ref _now, end);
        ManualTimer[] due;
        lock (_gate)
        {
            due = [.. _timers.Where(timer => timer.Due <= end)];
        }

        foreach (ManualTimer timer in due)
        {
            timer.MoveOn(end);
            timer.Fire();
        }
    }

    private ManualTimer? NextBefore(long end)
    {
        lock (_gate)
        {
            ManualTimer? next = _timers.Where(timer => timer.Due <= end).MinBy(static timer => timer.Due);
            if (next is not null)
            {
                Volatile.Write(ref _now, Math.Max(_now, next.Due));
                next.MoveOn(next.Due);
            }

            return next;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public long Due { get; private set; } = long.MaxValue;

        public TimeSpan Delay { get; private set; }

        public void Fire() => callback(state);

        public void MoveOn(long now) => Due = _period > TimeSpan.Zero ? now + _period.Ticks : long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                owner.Stopping?.Invoke();
            }

            lock (owner._gate)
            {
                Delay = dueTime;
                _period = period;
                Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : owner.GetTimestamp() + dueTime.Ticks;
            }

            owner.Changed?.Invoke();
            return true;
        }

        public void Dispose()
        {
            lock (owner._gate)
            {
                Due = long.MaxValue;
                owner._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}

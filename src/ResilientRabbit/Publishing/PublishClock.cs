using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>Enforces deadlines: one timer for all messages of a publisher, which stands still while nothing is pending.</summary>
internal sealed class PublishClock : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(25);

    private readonly PublishLedger _ledger;
    private readonly CompletionQueue _completions;
    private readonly Lane[] _lanes;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly List<(PendingMessage Message, long Version)> _scratch = [];
    private int _running;
    private int _ticking;
    private bool _closed;

    public PublishClock(PublishLedger ledger, CompletionQueue completions, Lane[] lanes, ILogger logger, TimeProvider time)
    {
        _ledger = ledger;
        _completions = completions;
        _lanes = lanes;
        _logger = logger;
        _time = time;
        _completions.Added = Run;
        _timer = time.CreateTimer(static state => ((PublishClock)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lets the timer run, because something is pending.</summary>
    public void Run()
    {
        if (Volatile.Read(ref _running) == 0 && Interlocked.Exchange(ref _running, 1) == 0)
        {
            _timer.Change(Period, Period);
        }
    }

    /// <summary>Settles everything that is pending or waiting: the client is closing.</summary>
    public void SettleAll()
    {
        List<(PendingMessage Message, long Version)> all = [];
        _ledger.CollectWaiting(0, all: true, all);
        foreach ((PendingMessage message, long version) in all)
        {
            message.Lane.Settle(message, version, SettleKind.Closed);
        }

        foreach (Lane lane in _lanes)
        {
            lane.SettleAll(all);
        }
    }

    /// <summary>
    /// Ends the clock with the last message and the last caller who is still to be told: those who tell may all be held up by callers. The timer is stopped and not disposed:
    /// an outcome that was counted may be on its way to the caller.
    /// </summary>
    public void Dispose()
    {
        Volatile.Write(ref _closed, true);
        if (IsIdle)
        {
            Stop();
        }
        else
        {
            Run();
        }
    }

    /// <summary>A caller that is still to be told counts: only the clock helps when all who tell are held up.</summary>
    private bool IsIdle => _ledger.IsIdle && _completions.IsEmpty;

    private void Tick()
    {
        if (Interlocked.Exchange(ref _ticking, 1) != 0)
        {
            return;
        }

        try
        {
            Enforce();
        }
        catch (Exception exception)
        {
            // On a timer thread an exception ends the process; a clock that stops would let callers hang. Neither: the next tick tries again.
            _logger.ClockFailed(exception);
        }
        finally
        {
            Volatile.Write(ref _ticking, 0);
        }
    }

    private void Enforce()
    {
        if (Volatile.Read(ref _closed))
        {
            // What was on its way between two lists when the others were settled.
            SettleAll();
        }

        long now = _time.GetTimestamp();
        _scratch.Clear();
        _ledger.CollectWaiting(now, all: false, _scratch);
        foreach ((PendingMessage message, long version) in _scratch)
        {
            message.Lane.Settle(message, version, SettleKind.Expired);
        }

        _ledger.Tick(now, _time.TimestampFrequency);
        foreach (Lane lane in _lanes)
        {
            lane.Tick(now, _scratch);
        }

        _completions.Tick();
        if (IsIdle)
        {
            Stop();
        }
    }

    private void Stop()
    {
        // Stopped first, then said so: a publish in between finds it running and is seen by the second look.
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref _running, 0);
        if (!IsIdle)
        {
            Run();
        }
    }
}

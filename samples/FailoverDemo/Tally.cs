using System.Diagnostics;
using System.Globalization;

namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>Keeps, for every message by its number, whether it was confirmed and how often it was received. Thread-safe.</summary>
internal sealed class Tally
{
    /// <summary>While the demo runs, a confirmed message that has not come by then counts as lost; the end result waits for the last one.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly List<Message> _messages = [];
    private readonly Dictionary<PublishFailure, int> _failures = [];
    private long _lastConfirm;
    private long _gapSince;
    private int _firstOpen;

    public int Submitted { get; private set; }

    public int Confirmed { get; private set; }

    /// <summary>Different messages.</summary>
    public int Received { get; private set; }

    public int Duplicates { get; private set; }

    public TimeSpan LongestGap { get; private set; }

    /// <summary>The longest gap since <see cref="MarkGap"/>.</summary>
    public TimeSpan GapSinceMark { get; private set; }

    public static string IdOf(int number) => number.ToString("D7", CultureInfo.InvariantCulture);

    public int Submit()
    {
        lock (_gate)
        {
            _messages.Add(default);
            return Submitted++;
        }
    }

    public void Confirm(int number)
    {
        lock (_gate)
        {
            var now = Stopwatch.GetTimestamp();
            if (_lastConfirm != 0)
            {
                var gap = Stopwatch.GetElapsedTime(_lastConfirm, now);
                LongestGap = gap > LongestGap ? gap : LongestGap;
                GapSinceMark = gap > GapSinceMark && now > _gapSince ? gap : GapSinceMark;
            }

            _lastConfirm = now;
            _messages[number] = _messages[number] with { ConfirmedAt = now };
            Confirmed++;
        }
    }

    public void Fail(PublishFailure failure)
    {
        lock (_gate)
        {
            _failures[failure] = _failures.GetValueOrDefault(failure) + 1;
        }
    }

    public void Receive(int number)
    {
        lock (_gate)
        {
            var message = _messages[number];
            _messages[number] = message with { Copies = message.Copies + 1 };
            if (message.Copies == 0)
            {
                Received++;
            }
            else
            {
                Duplicates++;
            }
        }
    }

    public void MarkGap()
    {
        lock (_gate)
        {
            _gapSince = Stopwatch.GetTimestamp();
            GapSinceMark = TimeSpan.Zero;
        }
    }

    /// <summary>Messages without a confirm, by what the SDK said about them; empty when there are none.</summary>
    public string DescribeFailures()
    {
        lock (_gate)
        {
            return string.Join(", ", _failures.OrderBy(failure => failure.Key).Select(failure => string.Create(CultureInfo.InvariantCulture, $"{failure.Value} {failure.Key}")));
        }
    }

    /// <summary>Confirmed messages that are overdue.</summary>
    public int CountOverdue()
    {
        lock (_gate)
        {
            // Everything before the first open message is confirmed and received: it need not be looked at again.
            while (_firstOpen < _messages.Count && _messages[_firstOpen] is { ConfirmedAt: > 0, Copies: > 0 })
            {
                _firstOpen++;
            }

            return _messages.Skip(_firstOpen).Count(message => message is { ConfirmedAt: > 0, Copies: 0 } && Stopwatch.GetElapsedTime(message.ConfirmedAt) > Overdue);
        }
    }

    /// <summary>The ids of the confirmed messages that were not received.</summary>
    public IReadOnlyList<string> FindMissing()
    {
        lock (_gate)
        {
            return [.. Enumerable.Range(0, _messages.Count).Where(number => _messages[number] is { ConfirmedAt: > 0, Copies: 0 }).Select(IdOf)];
        }
    }

    private readonly record struct Message(long ConfirmedAt, int Copies);
}

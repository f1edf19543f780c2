using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>
/// Settles the deliveries of one channel. Acknowledgements are gathered: what lies below the oldest unsettled delivery goes out as one frame with
/// <c>multiple</c>, the rest one by one, so that a slow handler holds up nobody. After <see cref="Close"/> nothing is sent any more.
/// </summary>
internal sealed class AckBatcher : IDisposable
{
    private readonly IAckChannel _channel;
    private readonly SubscriptionCounters _counters;
    private readonly ILogger _logger;
    private readonly TimeSpan _delay;
    private readonly int _threshold;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();

    /// <summary>One flush at a time. A "multiple" that overtakes the single acknowledgement of a tag below it makes that one unknown: the broker answers 406 and closes the channel.</summary>
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private List<(ulong Tag, int Messages)> _acked = [];
    private List<(ulong Tag, int Messages)> _spare = [];
    private TicketList _unsettled;
    private bool _isTimerArmed;
    private bool _isClosed;

    public AckBatcher(IAckChannel channel, int prefetch, TimeSpan delay, SubscriptionCounters counters, ILogger logger, TimeProvider time)
    {
        _channel = channel;
        _counters = counters;
        _logger = logger;
        _delay = delay;
        // With half of the prefetch waiting the broker still has as much again to deliver: the pipe does not run dry.
        _threshold = delay == TimeSpan.Zero ? 1 : Math.Max(1, prefetch / 2);
        _timer = time.CreateTimer(static state => _ = ((AckBatcher)state!).FlushAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many deliveries are settled here and not at the broker, which counts them towards the prefetch.</summary>
    public int Gathered
    {
        get
        {
            lock (_lock)
            {
                return _acked.Count;
            }
        }
    }

    /// <summary>Takes a delivery into the list. Call it in the order of the tags.</summary>
    public void Track(AckTicket ticket)
    {
        lock (_lock)
        {
            _unsettled.Add(ticket);
        }
    }

    /// <inheritdoc cref="Track"/>
    public void TrackAll(List<AckTicket> tickets)
    {
        lock (_lock)
        {
            foreach (AckTicket ticket in tickets)
            {
                _unsettled.Add(ticket);
            }
        }
    }

    /// <summary>Acknowledges a delivery, soon.</summary>
    /// <returns>False when its channel is gone: nothing is sent and the broker delivers it again.</returns>
    /// <exception cref="InvalidOperationException">It was settled before.</exception>
    public async ValueTask<bool> AckAsync(AckTicket ticket)
    {
        bool isDue;
        lock (_lock)
        {
            SettleNeedsLock(ticket);
            if (_isClosed)
            {
                StaleNeedsLock(ticket.Tag, ticket.Messages);
                return false;
            }

            _unsettled.Remove(ticket);
            _acked.Add((ticket.Tag, ticket.Messages));
            isDue = _acked.Count >= _threshold;
            if (!isDue && !_isTimerArmed)
            {
                _isTimerArmed = _timer.Change(_delay, Timeout.InfiniteTimeSpan);
            }
        }

        if (isDue)
        {
            await FlushAsync().ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Gives a delivery back to its queue, at once.</summary>
    /// <returns>False when its channel is gone: the broker has requeued it by itself.</returns>
    /// <exception cref="InvalidOperationException">It was settled before.</exception>
    public async ValueTask<bool> RequeueAsync(AckTicket ticket)
    {
        bool isSent = await ReturnAsync(ticket, requeue: true).ConfigureAwait(false);
        if (isSent)
        {
            _counters.AddRequeued();
        }

        return isSent;
    }

    /// <summary>Hands a delivery over to the queue's dead-letter exchange, at once; the broker drops it where there is none.</summary>
    /// <returns>False when its channel is gone: the broker has requeued it by itself.</returns>
    /// <exception cref="InvalidOperationException">It was settled before.</exception>
    public ValueTask<bool> RejectAsync(AckTicket ticket) => ReturnAsync(ticket, requeue: false);

    private async ValueTask<bool> ReturnAsync(AckTicket ticket, bool requeue)
    {
        lock (_lock)
        {
            SettleNeedsLock(ticket);
            if (_isClosed)
            {
                StaleNeedsLock(ticket.Tag, ticket.Messages);
                return false;
            }
        }

        // The ticket stays in the list until its frame is queued: otherwise a later "multiple" could overtake it and acknowledge it.
        if (!await TrySendAsync(ticket.Tag, requeue ? static (channel, tag) => channel.ReturnAsync(tag, requeue: true) : static (channel, tag) => channel.ReturnAsync(tag, requeue: false)).ConfigureAwait(false))
        {
            _counters.AddStale(1);
            return false;
        }

        lock (_lock)
        {
            _unsettled.Remove(ticket);
        }

        return true;
    }

    /// <summary>Sends what was acknowledged so far. Never throws: what cannot be sent is counted as stale.</summary>
    public async Task FlushAsync()
    {
        await _flushing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Take(out ulong oldestUnsettled) is { } acked)
            {
                await SendAsync(acked, oldestUnsettled).ConfigureAwait(false);
            }
        }
        finally
        {
            _flushing.Release();
        }
    }

    /// <summary>Marks the channel as gone. What was not yet sent is stale.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            foreach ((ulong tag, int messages) in _acked)
            {
                StaleNeedsLock(tag, messages);
            }

            _acked.Clear();
        }

        _timer.Dispose();
    }

    public void Dispose() => Close();

    private static void SettleNeedsLock(AckTicket ticket)
    {
        if (ticket.IsSettled)
        {
            throw new InvalidOperationException($"The delivery {ticket.Tag} was settled before.");
        }

        ticket.IsSettled = true;
    }

    private List<(ulong Tag, int Messages)>? Take(out ulong oldestUnsettled)
    {
        lock (_lock)
        {
            oldestUnsettled = _unsettled.Oldest?.Tag ?? ulong.MaxValue;
            if (_isTimerArmed)
            {
                _isTimerArmed = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            if (_acked.Count == 0 || _isClosed)
            {
                return null;
            }

            // One flush at a time: the other list is free when this one is taken.
            (_acked, _spare) = (_spare, _acked);
            _acked.Clear();
            return _spare;
        }
    }

    private async Task SendAsync(List<(ulong Tag, int Messages)> acked, ulong oldestUnsettled)
    {
        ulong upTo = 0;
        int contiguous = 0;
        int covered = 0;
        foreach ((ulong tag, int messages) in acked)
        {
            if (tag < oldestUnsettled)
            {
                upTo = Math.Max(upTo, tag);
                contiguous++;
                covered += messages;
            }
        }

        if (contiguous > 0)
        {
            bool isSent = await TrySendAsync(upTo, contiguous > 1 ? static (channel, tag) => channel.AckAsync(tag, multiple: true) : static (channel, tag) => channel.AckAsync(tag, multiple: false)).ConfigureAwait(false);
            Count(isSent, covered);
        }

        foreach ((ulong tag, int messages) in acked)
        {
            if (tag > oldestUnsettled)
            {
                Count(await TrySendAsync(tag, static (channel, single) => channel.AckAsync(single, multiple: false)).ConfigureAwait(false), messages);
            }
        }
    }

    private async ValueTask<bool> TrySendAsync(ulong tag, Func<IAckChannel, ulong, ValueTask> send)
    {
        try
        {
            await send(_channel, tag).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            // The channel died under the frame. Whatever the reason: the broker delivers again what it has no acknowledgement for.
            _logger.AckNotSent(tag, PeerText.Sanitize(exception.Message));
            return false;
        }
    }

    private void Count(bool isSent, int count)
    {
        if (isSent)
        {
            _counters.AddAcknowledged(count);
        }
        else
        {
            _counters.AddStale(count);
        }
    }

    private void StaleNeedsLock(ulong tag, int messages)
    {
        _counters.AddStale(messages);
        _logger.AckSkippedChannelGone(tag);
    }
}

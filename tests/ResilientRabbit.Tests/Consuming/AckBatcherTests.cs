using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class AckBatcherTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(20);

    private readonly RecordingAckChannel _channel = new();
    private readonly StoppedTime _time = new();
    private readonly SubscriptionCounters _counters = new();

    [Fact]
    public async Task Acknowledgements_wait_for_the_delay_and_leave_as_one_frame()
    {
        using AckBatcher batcher = Batcher(prefetch: 100);
        AckTicket[] tickets = Track(batcher, 3);

        await AckAsync(batcher, tickets);
        Assert.Empty(_channel.Frames);
        Assert.Equal(3, batcher.Gathered);
        Assert.Equal([Delay], _time.Running);
        _time.FireAll();

        Assert.Equal(["ack ..3"], _channel.Frames);
        Assert.Equal(0, batcher.Gathered);
        Assert.Equal(3, _counters.Acknowledged);
    }

    [Fact]
    public async Task A_single_acknowledgement_is_not_marked_multiple()
    {
        using AckBatcher batcher = Batcher(prefetch: 100);
        AckTicket[] tickets = Track(batcher, 2);

        await batcher.AckAsync(tickets[0]);
        _time.FireAll();

        Assert.Equal(["ack 1"], _channel.Frames);
    }

    [Fact]
    public async Task Half_of_the_prefetch_waiting_is_sent_without_the_delay()
    {
        using AckBatcher batcher = Batcher(prefetch: 10);
        AckTicket[] tickets = Track(batcher, 10);

        await AckAsync(batcher, tickets[..5]);

        Assert.Equal(["ack ..5"], _channel.Frames);
        Assert.Empty(_time.Running);
    }

    [Fact]
    public async Task A_slow_first_message_makes_the_later_ones_leave_singly()
    {
        using AckBatcher batcher = Batcher(prefetch: 8);
        AckTicket[] tickets = Track(batcher, 8);

        await AckAsync(batcher, tickets[1..5]);

        Assert.Equal(["ack 2", "ack 3", "ack 4", "ack 5"], _channel.Frames);
    }

    [Fact]
    public async Task What_lies_below_the_slow_message_is_contiguous_and_the_rest_is_single()
    {
        using AckBatcher batcher = Batcher(prefetch: 100);
        AckTicket[] tickets = Track(batcher, 6);

        await AckAsync(batcher, [tickets[5], tickets[1], tickets[0], tickets[3]]);
        _time.FireAll();

        Assert.Equal(["ack ..2", "ack 6", "ack 4"], _channel.Frames);
    }

    [Fact]
    public async Task The_slow_message_is_acknowledged_alone_in_the_end()
    {
        using AckBatcher batcher = Batcher(prefetch: 4);
        AckTicket[] tickets = Track(batcher, 3);
        await AckAsync(batcher, tickets[1..3]);

        await batcher.AckAsync(tickets[0]);
        _time.FireAll();

        Assert.Equal(["ack 2", "ack 3", "ack 1"], _channel.Frames);
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(100, 0)]
    public async Task Prefetch_one_or_no_delay_sends_each_at_once(int prefetch, int delay)
    {
        using var batcher = new AckBatcher(_channel, prefetch, TimeSpan.FromMilliseconds(delay), _counters, NullLogger.Instance, _time);
        AckTicket[] tickets = Track(batcher, 1);

        await batcher.AckAsync(tickets[0]);

        Assert.Equal(["ack 1"], _channel.Frames);
    }

    [Fact]
    public async Task A_requeued_delivery_is_not_covered_by_a_multiple_acknowledgement_that_overtakes_it()
    {
        using AckBatcher batcher = Batcher(prefetch: 4);
        AckTicket[] tickets = Track(batcher, 3);
        var blocked = new TaskCompletionSource();
        _channel.OnSend = frame => frame.StartsWith("requeue", StringComparison.Ordinal) ? new ValueTask(blocked.Task) : default;

        Task<bool> requeue = batcher.RequeueAsync(tickets[0]).AsTask();
        await AckAsync(batcher, tickets[1..3]);
        blocked.SetResult();

        Assert.True(await requeue.WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(["ack 2", "ack 3", "requeue 1"], _channel.Frames);
        Assert.Equal(1, _counters.Requeued);
    }

    [Fact]
    public async Task A_multiple_acknowledgement_does_not_overtake_a_single_one_below_it()
    {
        // The broker closes the channel with 406 "unknown delivery tag" when the single one comes second.
        using AckBatcher batcher = Batcher(prefetch: 6);
        AckTicket[] tickets = Track(batcher, 6);
        var blocked = new TaskCompletionSource();
        _channel.OnSend = frame => frame is "ack 2" ? new ValueTask(blocked.Task) : default;

        Task first = AckAsync(batcher, tickets[1..4]);
        Task second = AckAsync(batcher, [tickets[0], tickets[4], tickets[5]]);
        blocked.SetResult();
        await Task.WhenAll(first, second).WaitAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(["ack 2", "ack 3", "ack 4", "ack ..6"], _channel.Frames);
        Assert.Equal(6, _counters.Acknowledged);
    }

    [Fact]
    public async Task An_acknowledgement_after_the_end_of_its_channel_is_stale_and_sends_nothing()
    {
        using AckBatcher batcher = Batcher(prefetch: 100);
        AckTicket[] tickets = Track(batcher, 2);
        await batcher.AckAsync(tickets[0]);

        batcher.Close();
        bool isSent = await batcher.AckAsync(tickets[1]);
        _time.FireAll();

        Assert.False(isSent);
        Assert.Empty(_channel.Frames);
        Assert.Equal(2, _counters.StaleAcks);
        Assert.Equal(0, _counters.Acknowledged);
    }

    [Fact]
    public async Task An_acknowledgement_that_the_dying_channel_refuses_is_stale()
    {
        using AckBatcher batcher = Batcher(prefetch: 4);
        AckTicket[] tickets = Track(batcher, 2);
        _channel.OnSend = static _ => throw new InvalidOperationException("closed");

        await AckAsync(batcher, tickets);

        Assert.Equal(2, _counters.StaleAcks);
    }

    [Fact]
    public async Task Settling_twice_is_refused()
    {
        using AckBatcher batcher = Batcher(prefetch: 100);
        AckTicket[] tickets = Track(batcher, 1);
        await batcher.AckAsync(tickets[0]);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await batcher.RequeueAsync(tickets[0]));
    }

    private static AckTicket[] Track(AckBatcher batcher, int count)
    {
        AckTicket[] tickets = [.. Enumerable.Range(1, count).Select(static tag => new AckTicket((ulong)tag))];
        foreach (AckTicket ticket in tickets)
        {
            batcher.Track(ticket);
        }

        return tickets;
    }

    private static async Task AckAsync(AckBatcher batcher, AckTicket[] tickets)
    {
        foreach (AckTicket ticket in tickets)
        {
            await batcher.AckAsync(ticket);
        }
    }

    private AckBatcher Batcher(int prefetch) => new(_channel, prefetch, Delay, _counters, NullLogger.Instance, _time);
}

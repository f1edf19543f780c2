using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Who is blamed for a channel that the broker closes, how often the others are sent again for it, and what they wait for.</summary>
public sealed class LaneBlameTests
{
    private const string Unspecific = "PRECONDITION_FAILED - for reasons that name no message";

    [Theory]
    [InlineData(320, "CONNECTION_FORCED - broker forced connection closure")]
    [InlineData(504, "CHANNEL_ERROR - expected 'channel.open'")]
    [InlineData(505, "UNEXPECTED_FRAME - expected content header")]
    [InlineData(541, "INTERNAL_ERROR")]
    public async Task A_lone_message_is_not_blamed_when_the_broker_has_reasons_of_its_own(int code, string text)
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");

        session.AckAll();
        session.Channels[0].Close(code, text);

        Assert.Equal(2, (await Confirmed(tasks[0])).Attempts);
        Assert.Equal([null, 2], session.Writes.Select(static message => message.Attempt));
    }

    [Fact]
    public async Task A_message_that_stands_alone_at_two_such_ends_in_a_row_is_refused_and_may_be_stored()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        session.OnWrite = static (channel, message) =>
        {
            if (message.Is("bad"))
            {
                channel.Close(541, "INTERNAL_ERROR");
            }
            else
            {
                channel.Ack(message.Tag);
            }
        };

        Task<PublishReceipt> bad = harness.Publish("bad");
        Task<PublishReceipt> next = harness.Publish("b");

        PublishException error = await Failed(bad, PublishFailure.Refused);
        Assert.Equal((541, true), (error.ReplyCode, error.MayBeStored));
        Assert.InRange(error.Attempts, 2, 3);
        await Confirmed(next);
    }

    [Fact]
    public async Task A_message_that_stands_alone_at_such_an_end_again_after_another_loss_is_not_blamed()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(first, "a");
        first.Channel.Close(541, "INTERNAL_ERROR");
        await first.WrittenAsync(2);

        first.Kill();
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(1);
        second.AckAll();
        second.Channels[0].Close(541, "INTERNAL_ERROR");

        Assert.Equal(4, (await Confirmed(tasks[0])).Attempts);
    }

    [Fact]
    public async Task Nobody_is_blamed_or_held_back_when_the_broker_closes_the_connection()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");
        for (int copies = 1; copies < 4; copies++)
        {
            session.Channel.Close(320, "CONNECTION_FORCED - broker forced connection closure");
            await session.WrittenAsync(copies + 1);
        }

        await harness.PublishWrittenAsync(session, "b", "c");
        session.Channel.Close(320, "CONNECTION_FORCED - broker forced connection closure");

        // Together: nobody is under suspicion.
        await session.WrittenAsync(9);
        Assert.Equal(["a", "b", "c"], Texts(session.Channel.Writes));
        session.Channel.Ack(3, multiple: true);
        Assert.Equal(5, (await Confirmed(tasks[0])).Attempts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_has_expired_under_suspicion_leaves_none_behind(bool isLaneIdle)
    {
        // So many that their places are swept during the outage, for which the clock must go on.
        const int Expired = 300;
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt>[] old = [.. Enumerable.Range(0, Expired).Select(number => harness.Publish($"{number}", timeout: TimeSpan.FromSeconds(1)))];
        Task<PublishReceipt> last = harness.Publish("last", timeout: TimeSpan.FromSeconds(3));
        await first.WrittenAsync(Expired + 1);
        first.Channel.Close(406, Unspecific);
        await first.WrittenAsync(Expired + 2);
        first.Kill();
        await harness.Sources[0].WaitingAsync();
        harness.Time.Advance(TimeSpan.FromSeconds(2));
        foreach (Task<PublishReceipt> task in old)
        {
            await Failed(task, PublishFailure.Unknown);
        }

        Task<PublishReceipt>[] innocent = isLaneIdle ? [] : PublishThree(harness);
        harness.Time.Advance(TimeSpan.FromSeconds(2));
        await Failed(last, PublishFailure.Unknown);
        FakePublishSession second = harness.Open();
        if (isLaneIdle)
        {
            await second.QuietAsync();
            innocent = PublishThree(harness);
        }

        // Not one after the other: nothing is answered.
        await second.WrittenAsync(innocent.Length);
    }

    [Fact]
    public async Task What_has_expired_alone_on_the_wire_is_not_under_suspicion_any_more()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt> expired = harness.Publish("expired", timeout: TimeSpan.FromSeconds(1));
        _ = harness.Publish("alive");
        await first.WrittenAsync(2);
        first.Channel.Close(406, Unspecific);
        await first.WrittenAsync(3);
        harness.Time.Advance(TimeSpan.FromSeconds(2));
        await Failed(expired, PublishFailure.Unknown);

        first.Kill();
        PublishThree(harness);
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(1);
        second.Channel.Ack(1);

        await second.WrittenAsync(4);
        Assert.Equal(["alive", "x", "y", "z"], Texts(second.Channel.Writes));
    }

    [Fact]
    public async Task A_suspect_that_nothing_is_said_of_holds_up_the_others_for_the_stall_limit_at_most()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, TimeSpan.FromDays(1), "silent", "bad", "healthy");
        session.OnWrite = static (channel, message) =>
        {
            if (message.Is("bad"))
            {
                channel.Close(406, Unspecific);
            }
            else if (message.Is("healthy"))
            {
                channel.Ack(message.Tag);
            }
        };
        session.Channel.Close(406, Unspecific);
        await session.WrittenAsync(4);

        // The queue of the first has no leader. Each of the others goes alone beside it, so that the guilty one is found.
        await harness.AdvanceUntilAsync(session, tasks[2]);

        await Confirmed(tasks[2]);
        Assert.True((await Failed(tasks[1], PublishFailure.Refused)).MayBeStored);
        Assert.False(tasks[0].IsCompleted);
    }

    [Fact]
    public async Task What_has_expired_in_the_window_is_not_under_suspicion()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] old = [.. Enumerable.Range(0, 10).Select(number => harness.Publish($"{number}", timeout: TimeSpan.FromSeconds(1)))];
        _ = harness.Publish("alive");
        await session.WrittenAsync(11);
        harness.Time.Advance(TimeSpan.FromSeconds(2));
        await Failed(old[^1], PublishFailure.Unknown);

        session.Channel.Close(406, Unspecific);
        await session.WrittenAsync(12);
        PublishThree(harness);
        session.Channel.Ack(1);

        await session.WrittenAsync(15);
        Assert.Equal(["alive", "x", "y", "z"], Texts(session.Channel.Writes));
    }

    [Fact]
    public async Task Many_messages_for_a_missing_exchange_under_one_key_are_not_sent_again_for_each_other()
    {
        // Under a key of the caller's they stay on their lane: no quarantine takes them.
        await using var harness = new PublisherHarness();
        Task<PublishReceipt>[] bad = [.. Enumerable.Range(0, 64).Select(number => Keyed(harness, $"{number}", "missing"))];
        Task<PublishReceipt> good = Keyed(harness, "good", "orders");
        HashSet<FakePublishChannel> closed = [];
        FakePublishSession session = harness.Open(prepare: session => session.OnWrite = (channel, message) =>
        {
            // What comes after the first offender is not looked at any more.
            if (!closed.Contains(channel) && string.Equals(message.Exchange, "missing", StringComparison.Ordinal))
            {
                closed.Add(channel);
                channel.Close(404, "NOT_FOUND - no exchange 'missing' in vhost '/'");
            }
            else if (!closed.Contains(channel))
            {
                channel.Ack(message.Tag);
            }
        });

        foreach (Task<PublishReceipt> task in bad)
        {
            await Failed(task, PublishFailure.Refused);
        }

        await Confirmed(good);
        int most = session.Writes.CountBy(static message => message.Text).Max(static copies => copies.Value);

        // 1 + log2 of the window of 4,096.
        Assert.InRange(most, 1, 13);
    }

    [Fact]
    public async Task A_channel_that_nacks_does_not_hold_a_lane_for_a_queue_that_does_not_answer()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] first = await harness.PublishWrittenAsync(session, "silent", "nacked");
        session.Channel.Nack(2);
        await session.QuietAsync();

        Task<PublishReceipt> healthy = harness.Publish("healthy");
        await session.QuietAsync();
        harness.Time.Advance(TimeSpan.FromSeconds(3));
        await session.QuietAsync();

        Assert.Contains("healthy", Texts(session.Writes));
        Assert.False(first[0].IsCompleted || healthy.IsCompleted);
    }

    [Fact]
    public async Task An_offence_elsewhere_does_not_hold_a_lane_for_a_queue_that_does_not_answer()
    {
        // A connection for each lane: so it can be seen when the first one has come round.
        await using var harness = new PublisherHarness(connections: 2, change: static settings => settings with { Lanes = 2 });
        (FakePublishSession session, FakePublishSession elsewhere) = (harness.Open(0), harness.Open(1));
        string key = Enumerable.Range(0, 1_000).Select(static number => $"key-{number}").First(static text => (uint)text.GetHashCode(StringComparison.Ordinal) % 2 == 0);
        Task<PublishReceipt> silent = Keyed(harness, "silent", "orders", key);
        await session.WrittenAsync(1);
        Task<PublishReceipt> offender = Missing(harness, "x", lane: 1);
        await elsewhere.WrittenAsync(1);
        elsewhere.Channel.Close(404, "NOT_FOUND - no exchange 'missing' in vhost '/'");
        await Failed(offender, PublishFailure.Refused);

        Task<PublishReceipt> second = Missing(harness, "y", lane: 0);
        Task<PublishReceipt> healthy = Keyed(harness, "healthy", "orders", key);
        await session.QuietAsync();
        Assert.Equal(["silent"], Texts(session.Writes));
        harness.Time.Advance(TimeSpan.FromSeconds(2));
        await session.QuietAsync();

        // Its place is kept: on the lane, where its kind closes the channel once more.
        Assert.Equal(["silent", "y", "healthy"], Texts(session.Writes));
        Assert.False(silent.IsCompleted || second.IsCompleted || healthy.IsCompleted);
    }

    private static Task<PublishReceipt>[] PublishThree(PublisherHarness harness) => [harness.Publish("x"), harness.Publish("y"), harness.Publish("z")];

    /// <summary>A message that names no key of its own, to the missing exchange, on a certain lane of two.</summary>
    private static Task<PublishReceipt> Missing(PublisherHarness harness, string text, uint lane)
    {
        string routingKey = Enumerable.Range(0, 1_000).Select(static number => $"to-{number}").First(key => (uint)HashCode.Combine("missing", key) % 2 == lane);
        return harness.Publisher.PublishAsync(Message(text, "missing") with { RoutingKey = routingKey }).AsTask();
    }

    private static Task<PublishReceipt> Keyed(PublisherHarness harness, string text, string exchange, string key = "key")
        => harness.Publisher.PublishAsync(Message(text, exchange, key)).AsTask();
}

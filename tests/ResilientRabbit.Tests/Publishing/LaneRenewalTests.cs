using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>
/// A channel may nack for ever what any other channel confirms: RabbitMQ 3.10 keeps a dead leader of a quorum queue in a channel whose
/// first publish fell into the election.
/// </summary>
public sealed class LaneRenewalTests
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1.25);

    [Fact]
    public async Task What_a_channel_nacks_that_has_confirmed_nothing_goes_again_on_a_new_channel()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b");

        await session.QuietAsync();
        session.Channel.Nack(2, multiple: true);
        harness.Time.Advance(LongestRest);
        await session.WrittenAsync(4);

        Assert.Equal(2, session.Channels.Count);
        Assert.Equal(["a", "b"], Texts(session.Channel.Writes));
        session.Channel.Ack(2, multiple: true);
        Assert.Equal((2, 1), ((await Confirmed(tasks[0])).Attempts, (await Confirmed(tasks[1])).Nacks));
    }

    [Fact]
    public async Task A_channel_that_nacks_is_left_only_when_nothing_is_unanswered_on_it()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b");

        await session.QuietAsync();
        session.Channel.Nack(1);
        harness.Time.Advance(LongestRest);
        await session.QuietAsync();
        Assert.Equal(2, session.Writes.Count);

        session.Channel.Ack(2);
        await session.WrittenAsync(3);

        Assert.Equal((2, "a"), (session.Channels.Count, Texts(session.Channel.Writes).Single()));
        Assert.Equal(1, (await Confirmed(tasks[1])).Attempts);
    }

    [Fact]
    public async Task A_channel_that_confirms_is_kept_after_one_nack_and_left_after_two_of_the_same_message()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b");
        session.Channel.Ack(1);
        await Confirmed(tasks[0]);

        await session.QuietAsync();
        session.Channel.Nack(2);
        harness.Time.Advance(LongestRest);
        await session.WrittenAsync(3);
        Assert.Single(session.Channels);

        await session.QuietAsync();
        session.Channel.Nack(3);
        harness.Time.Advance(LongestRest);
        await session.WrittenAsync(4);
        Assert.Equal(2, session.Channels.Count);
    }

    [Fact]
    public async Task A_queue_that_refuses_on_every_channel_costs_a_channel_every_ten_seconds_at_most()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        session.OnWrite = static (channel, message) => channel.Nack(message.Tag);
        _ = harness.Publish("a");
        await session.WrittenAsync(1);

        for (int copies = 2; copies <= 90; copies++)
        {
            // A nack that comes inside the write is dealt with after it.
            await session.QuietAsync();
            harness.Time.Advance(LongestRest);
            await session.WrittenAsync(copies);
        }

        // 50 ms doubling up to 10 s within the 111 s that have passed.
        Assert.InRange(session.Channels.Count, 3, 20);
    }

    [Fact]
    public async Task A_blocked_connection_is_asked_for_no_new_channel()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        await harness.PublishWrittenAsync(session, "a", "b");
        session.Channel.Nack(1);
        session.Block(true);
        session.Channel.Ack(2);
        harness.Time.Advance(LongestRest);
        await session.QuietAsync();
        Assert.Single(session.Channels);

        session.Block(false);
        await session.WrittenAsync(3);
        Assert.Equal(2, session.Channels.Count);
    }
}

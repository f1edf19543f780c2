using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Confirms that never come, as from a queue without a majority: the places of their messages in the window come back some time.</summary>
public sealed class LaneWearTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_lane_whose_window_is_full_of_messages_that_have_ended_writes_on_over_a_new_channel()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { InFlightWindow = 2 });
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] lost = await harness.PublishWrittenAsync(session, "a", "b");
        harness.Time.Advance(Lifetime + Moment);
        await Failed(lost[0], PublishFailure.Unknown);
        await Failed(lost[1], PublishFailure.Unknown);

        session.AckAll();
        Task<PublishReceipt> next = harness.Publish("c");
        harness.Time.Advance(Stall + Moment);

        Assert.Equal(1, (await Confirmed(next)).Attempts);
        Assert.Equal(["a", "b", "c"], Texts(session.Writes));
        Assert.Equal(["c"], Texts(session.Channel.Writes));
        Assert.Equal(0, harness.Counts.Replayed);
    }

    [Fact]
    public async Task The_new_channel_is_opened_on_another_connection_where_there_is_one()
    {
        // The silent one may be frozen: then opening a channel there takes until it is given up.
        await using var harness = new PublisherHarness(connections: 2, change: static settings => settings with { DeliveryTimeout = TimeSpan.FromSeconds(2) });
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.OpenAcking(1));
        Task<PublishReceipt>[] lost = await harness.PublishWrittenAsync(home, "a");
        harness.Time.Advance(TimeSpan.FromSeconds(2) + Moment);
        await Failed(lost[0], PublishFailure.Unknown);

        // The next one waits in the lane: the transport takes no more.
        home.SetRoom(false);
        Task<PublishReceipt> next = harness.Publish("b", timeout: Lifetime);
        await home.QuietAsync();
        harness.Time.Advance(Stall + Moment);

        Assert.Equal(1, (await Confirmed(next)).Attempts);
        Assert.Equal(["b"], Texts(other.Writes));
        Assert.Equal(["a"], Texts(home.Writes));
    }

    [Fact]
    public async Task Answers_that_come_late_are_waited_for_before_the_channel_is_changed()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { InFlightWindow = 1 });
        using var cancel = new CancellationTokenSource();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt> given = harness.Publish("a", cancellationToken: cancel.Token);
        await session.WrittenAsync(1);
        await cancel.CancelAsync();
        await Cancelled(given, PublishFailure.Unknown);

        _ = harness.Publish("b");
        harness.Time.Advance(Stall - Moment);
        await session.QuietAsync();
        Assert.Equal(["a"], Texts(session.Writes));
        session.Channel.Ack(1);
        await session.WrittenAsync(2);

        Assert.Single(session.Channels);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_channel_with_a_message_that_somebody_waits_for_is_not_left_nor_is_a_blocked_one(bool isBlocked)
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { InFlightWindow = 2 });
        FakePublishSession session = harness.Open();
        Task<PublishReceipt> first = harness.Publish("a", timeout: TimeSpan.FromSeconds(1));
        _ = harness.Publish("b", timeout: isBlocked ? TimeSpan.FromSeconds(1) : null);
        await session.WrittenAsync(2);
        session.Block(isBlocked);
        _ = harness.Publish("c");

        harness.Time.Advance(Stall * 3);
        await session.QuietAsync();

        await Failed(first, PublishFailure.Unknown);
        Assert.Single(session.Channels);
        Assert.Equal(["a", "b"], Texts(session.Writes));
    }
}

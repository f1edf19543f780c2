using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Planned moves of a lane: over an empty window, also while it is busy, and never for long.</summary>
public sealed class LaneMoveTests
{
    private static readonly TimeSpan OpenPause = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_busy_lane_holds_back_until_all_is_answered_and_moves_without_a_copy()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession old = harness.Open();
        await harness.PublishWrittenAsync(old, "a", "b");

        // Another session in the place of the first, which lives on.
        FakePublishSession successor = harness.OpenAcking();
        Task<PublishReceipt> c = harness.Publish("c");
        await old.QuietAsync();
        Assert.Equal(["a", "b"], Texts(old.Writes));
        Assert.Empty(successor.Channels);
        old.Channel.Ack(2, multiple: true);

        Assert.Equal(1, (await Confirmed(c)).Attempts);
        Assert.Equal(["c"], Texts(successor.Writes));
        Assert.Equal(0, harness.Counts.Replayed);
    }

    [Fact]
    public async Task A_lane_that_gets_no_answers_writes_on_after_a_second_and_moves_later()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession old = harness.Open();
        await harness.PublishWrittenAsync(old, "a");
        FakePublishSession successor = harness.OpenAcking();
        Task<PublishReceipt> b = harness.Publish("b");
        await old.QuietAsync();
        Assert.Equal(["a"], Texts(old.Writes));

        harness.Time.Advance(TimeSpan.FromSeconds(1.1));
        await old.WrittenAsync(2);
        old.Channel.Ack(2, multiple: true);
        await Confirmed(b);
        Task<PublishReceipt> c = harness.Publish("c");
        await old.WrittenAsync(3);
        old.Channel.Ack(3);
        await Confirmed(c);
        harness.Time.Advance(TimeSpan.FromSeconds(10.1));
        Task<PublishReceipt> d = harness.Publish("d");

        Assert.Equal(1, (await Confirmed(d)).Attempts);
        Assert.Equal(["d"], Texts(successor.Writes));
    }

    [Fact]
    public async Task A_lane_that_held_back_while_its_process_was_frozen_writes_on_at_once()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession old = harness.Open();
        await harness.PublishWrittenAsync(old, "a");
        harness.Open();
        _ = harness.Publish("b");
        await old.QuietAsync();
        Assert.Equal(["a"], Texts(old.Writes));

        // No tick came while the second ran out.
        harness.Time.Freeze(TimeSpan.FromSeconds(4));
        harness.Time.Advance(TimeSpan.FromMilliseconds(25));

        await old.WrittenAsync(2);
    }

    [Fact]
    public async Task A_lane_with_nothing_in_flight_leaves_a_session_that_takes_no_bytes()
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession stuck = harness.Open(0);
        Task<PublishReceipt>[] first = await harness.PublishWrittenAsync(stuck, "a");
        stuck.Channel.Ack(1);
        await Confirmed(first[0]);
        stuck.SetRoom(false);
        FakePublishSession other = harness.OpenAcking(1);
        Task<PublishReceipt> b = harness.Publish("b");
        await stuck.QuietAsync();

        stuck.WriteStall = Stall - TimeSpan.FromMilliseconds(1);
        harness.Time.Advance(TimeSpan.FromSeconds(1));
        await stuck.QuietAsync();
        Assert.Empty(other.Writes);
        stuck.WriteStall = Stall;
        harness.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, (await Confirmed(b)).Attempts);
        Assert.Equal(["b"], Texts(other.Writes));
        Assert.False(stuck.IsDead);
    }

    [Fact]
    public async Task A_lane_returns_to_a_session_that_was_stuck_for_a_while()
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession home = harness.OpenAcking(0);
        await Confirmed(harness.Publish("a"));
        FakePublishSession other = harness.OpenAcking(1);
        home.WriteStall = Stall;
        await Confirmed(harness.Publish("b"));
        Assert.Equal(["b"], Texts(other.Writes));
        home.WriteStall = TimeSpan.Zero;
        await Confirmed(harness.Publish("c"));

        harness.Time.Advance(TimeSpan.FromSeconds(31));
        await Confirmed(harness.Publish("d"));

        Assert.Equal(["b", "c"], Texts(other.Writes));
        Assert.Equal(["a", "d"], Texts(home.Writes));
        Assert.Equal(0, harness.Counts.Replayed);
    }

    [Fact]
    public async Task A_lane_does_not_return_to_a_session_that_is_still_stuck()
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession home = harness.OpenAcking(0);
        await Confirmed(harness.Publish("a"));
        FakePublishSession other = harness.OpenAcking(1);
        home.WriteStall = Stall;
        harness.Sources[0].Raise();
        await harness.Watch.UntilAsync(() => other.Channels.Count == 1, "the idle lane has left");

        harness.Time.Advance(TimeSpan.FromSeconds(31));
        await Confirmed(harness.Publish("b"));
        Assert.Equal(["b"], Texts(other.Writes));
        Assert.Single(home.Channels);

        home.WriteStall = TimeSpan.Zero;
        harness.Sources[0].Raise();
        await harness.Watch.UntilAsync(() => home.Channels.Count == 2, "the idle lane is back");
        await Confirmed(harness.Publish("c"));
        Assert.Equal(["a", "c"], Texts(home.Writes));
    }

    [Fact]
    public async Task A_lane_goes_elsewhere_when_a_living_session_opens_no_channel()
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession home = harness.Open(0);
        home.OpenError = new ConnectionException(ConnectionFailureReason.TimedOut, null, "no channel");
        FakePublishSession other = harness.OpenAcking(1);
        Task<PublishReceipt> task = harness.Publish("a");

        await PauseAsync(harness);

        Assert.Equal(1, (await Confirmed(task)).Attempts);
        Assert.Equal(["a"], Texts(other.Writes));
    }

    [Fact]
    public async Task A_session_that_opened_no_channel_is_tried_again_before_one_that_takes_no_bytes()
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession home = harness.OpenAcking(0);
        home.OpenError = new ConnectionException(ConnectionFailureReason.TimedOut, null, "no channel");
        FakePublishSession stuck = harness.Open(1);
        stuck.WriteStall = Stall;
        Task<PublishReceipt> task = harness.Publish("a");

        await harness.Watch.UntilAsync(() => harness.Time.IsWaiting(OpenPause));
        home.OpenError = null;
        await PauseAsync(harness);

        await Confirmed(task);
        Assert.Empty(stuck.Channels);
    }

    [Fact]
    public async Task A_session_that_takes_no_bytes_is_used_where_there_is_no_other()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession only = harness.OpenAcking();
        only.WriteStall = Stall;

        await Confirmed(harness.Publish("a"));

        Assert.Equal(["a"], Texts(only.Writes));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_blocked_session_and_one_without_a_better_other_is_not_left(bool isBlocked, bool isOtherStuck)
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession stuck = harness.Open(0);
        Task<PublishReceipt>[] first = await harness.PublishWrittenAsync(stuck, "a");
        stuck.Channel.Ack(1);
        await Confirmed(first[0]);
        FakePublishSession other = harness.OpenAcking(1);
        stuck.SetRoom(false);
        stuck.Block(isBlocked);
        stuck.WriteStall = Stall;
        other.WriteStall = isOtherStuck ? Stall : TimeSpan.Zero;
        _ = harness.Publish("b");

        harness.Time.Advance(TimeSpan.FromSeconds(20));
        await stuck.QuietAsync();

        Assert.Empty(other.Channels);
    }
    /// <summary>The pause after a channel that could not be opened is over.</summary>
    private static async Task PauseAsync(PublisherHarness harness)
    {
        await harness.Watch.UntilAsync(() => harness.Time.IsWaiting(OpenPause));
        harness.Time.Advance(OpenPause);
    }
}

using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>No confirms come: is it the connection or the queue?</summary>
public sealed class StallProbeTests
{
    private static readonly TimeSpan AboveStall = Stall + TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_stall_sends_a_marked_copy_of_the_oldest_message_through_the_other_connection()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a", "b");
        home.Channel.Ack(1);
        await harness.PublishWrittenAsync(home, "c");

        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(1);

        WrittenMessage copy = Assert.Single(other.Writes);
        Assert.Equal(("b", 2), (copy.Text, copy.Attempt));
        Assert.Equal(home.Writes[1].MessageId, copy.MessageId);
    }

    [Fact]
    public async Task No_copy_is_sent_before_the_limit()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");

        harness.Time.Advance(Stall - TimeSpan.FromMilliseconds(100));
        await home.QuietAsync();

        Assert.Empty(other.Channels);
    }

    [Fact]
    public async Task Progress_puts_the_limit_off()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a", "b");
        harness.Time.Advance(Stall / 2);

        home.Channel.Ack(1);
        harness.Time.Advance(Stall - TimeSpan.FromMilliseconds(100));
        await home.QuietAsync();

        Assert.Empty(other.Channels);
    }

    [Fact]
    public async Task The_confirm_of_the_copy_settles_the_message_and_the_lane_moves()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a", "b");
        await StallAsync(harness, other);

        other.Channel.Ack(1);
        await harness.Watch.UntilAsync(() => other.Channels.Count == 2 && other.Channel.Count == 1);

        Assert.Equal(2, (await Confirmed(tasks[0])).Attempts);
        Assert.Equal(["b"], Texts(other.Channel.Writes));
        Assert.Equal(2, other.Channel.Writes[0].Attempt);
        Assert.True(home.Channels[0].IsRetired);
    }

    [Fact]
    public async Task The_silent_session_is_avoided_for_half_a_minute()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");
        await StallAsync(harness, other);
        other.AckAll();
        other.Channel.Ack(1);
        await harness.Watch.UntilAsync(() => other.Channels.Count == 2);

        harness.Time.Advance(TimeSpan.FromSeconds(29));
        await Confirmed(harness.Publish("b"));

        Assert.Equal(["a"], Texts(home.Writes));
        Assert.Equal(["b"], Texts(other.Channel.Writes));
    }

    [Fact]
    public async Task Nothing_newer_is_sent_while_the_copy_is_out()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");
        await StallAsync(harness, other);

        _ = harness.Publish("b");
        await home.QuietAsync();

        Assert.Equal(["a"], Texts(home.Writes));
        Assert.Equal(["a"], Texts(other.Writes));
    }

    [Fact]
    public async Task When_the_original_is_confirmed_first_the_lane_stays()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a");
        await StallAsync(harness, other);

        home.Channel.Ack(1);
        await Confirmed(tasks[0]);
        other.Channel.Ack(1);
        await harness.PublishWrittenAsync(home, "b");

        Assert.Equal(["a", "b"], Texts(home.Channel.Writes));
        Assert.Single(other.Channels);
        Assert.Equal(1, harness.Counts.Confirmed);
    }

    [Fact]
    public async Task When_the_copy_stalls_too_the_lane_stays()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a");
        await StallAsync(harness, other);

        await harness.StallOnAsync(other, 2);
        await harness.PublishWrittenAsync(home, "b");

        Assert.False(tasks[0].IsCompleted);
        Assert.Equal(["a", "b"], Texts(home.Channel.Writes));
        Assert.Equal(["a", "a"], Texts(other.Writes));
    }

    [Fact]
    public async Task One_stall_makes_two_copies_at_most()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");
        await StallAsync(harness, other);
        await harness.StallOnAsync(other, 2);
        await harness.PublishWrittenAsync(home, "b");

        harness.Time.Advance(TimeSpan.FromSeconds(60));
        await home.QuietAsync();

        Assert.Equal(2, other.Writes.Count);
    }

    [Fact]
    public async Task A_stall_after_progress_gets_a_copy_of_its_own()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");
        await StallAsync(harness, other);
        await harness.StallOnAsync(other, 2);
        await harness.PublishWrittenAsync(home, "b");

        home.Channel.Ack(1);
        await home.QuietAsync();
        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(3);

        Assert.Equal("b", other.Channel.Writes[0].Text);
        Assert.True(other.Channels[0].IsRetired);
    }

    [Fact]
    public async Task A_copy_that_was_returned_confirms_nothing()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a");
        await StallAsync(harness, other);

        other.Channel.ReturnAndAck(1);

        await harness.Watch.UntilAsync(() => other.Channels.Count == 2 && other.Channel.Count == 1);
        Assert.False(tasks[0].IsCompleted);
    }

    [Theory]
    [InlineData(2ul, false)]
    [InlineData(7ul, true)]
    [InlineData(0ul, false)]
    public async Task An_answer_that_does_not_cover_the_copy_says_nothing(ulong tag, bool multiple)
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a");
        await StallAsync(harness, other);

        other.Channel.Ack(tag, multiple);
        other.Channel.Nack(tag, multiple);
        Assert.Equal((0, 1), (harness.Counts.Confirmed, harness.Counts.Pending));
        other.Channel.Ack(0, multiple: true);

        Assert.Equal(2, (await Confirmed(tasks[0])).Attempts);
    }

    [Fact]
    public async Task A_blocked_connection_is_no_stall()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");
        home.Block(true);

        harness.Time.Advance(TimeSpan.FromSeconds(60));
        await home.QuietAsync();

        Assert.Empty(other.Channels);
    }

    [Fact]
    public async Task A_frozen_process_does_not_take_its_own_sleep_for_a_stall()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");

        harness.Time.Freeze(TimeSpan.FromSeconds(60));
        harness.Time.Advance(Stall - TimeSpan.FromMilliseconds(100));
        await home.QuietAsync();

        Assert.Empty(other.Channels);
    }

    [Fact]
    public async Task Confirms_that_a_starved_process_has_not_read_yet_are_no_stall()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");
        home.HasUnread = true;

        // The clock's ticks are in time all the while: only the reader waits for a thread.
        harness.Time.Advance(Stall * 3);
        await home.QuietAsync();
        Assert.Empty(other.Channels);

        // Not a whole limit more: on a connection that receives much something always lies there.
        home.HasUnread = false;
        harness.Time.Advance(TimeSpan.FromSeconds(1.2));
        await other.WrittenAsync(1);

        Assert.Equal("a", other.Writes[0].Text);
    }

    [Fact]
    public async Task A_lane_does_not_leave_for_a_confirmed_copy_while_its_own_answers_lie_unread()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a", "b");
        await StallAsync(harness, other);

        home.HasUnread = true;
        other.Channel.Ack(1);
        await harness.PublishWrittenAsync(home, "c");
        home.HasUnread = false;
        home.Channel.Ack(3, multiple: true);
        await harness.Watch.UntilAsync(() => harness.Counts.Confirmed == 3);

        Assert.Equal(["a", "b", "c"], Texts(home.Channel.Writes));
        Assert.Single(other.Writes);
    }

    [Fact]
    public async Task A_session_lost_during_the_probe_is_replayed_as_ever()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a", "b");
        await StallAsync(harness, other);

        home.Kill();
        await other.WrittenAsync(3);

        Assert.Equal(["a", "a", "b"], Texts(other.Writes));
        Assert.Equal([2, 3, 2], other.Writes.Select(static message => message.Attempt));
    }

    private static async Task StallAsync(PublisherHarness harness, FakePublishSession other)
    {
        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(1);
    }
}

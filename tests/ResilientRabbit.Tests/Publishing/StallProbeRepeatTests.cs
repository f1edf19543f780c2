using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>One stall after another on the same session.</summary>
public sealed class StallProbeRepeatTests
{
    private static readonly TimeSpan AboveStall = Stall + TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_late_confirm_of_an_earlier_copy_does_not_confirm_a_later_one()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other, _) = await StallAsync(harness);
        await harness.StallOnAsync(other, 2);
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "b");
        home.Channel.Ack(1);
        await home.QuietAsync();
        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(3);

        // The copy of "a" is confirmed only now. "b" is not stored anywhere.
        other.Channels[0].Ack(1);

        Assert.Equal(1, harness.Counts.Confirmed);
        Assert.False(tasks[0].IsCompleted);
    }

    [Fact]
    public async Task A_stall_that_follows_progress_during_the_probe_is_probed_too()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, TimeSpan.FromDays(1), "a", "b");
        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(1);
        home.Channel.Ack(1);
        await Confirmed(tasks[0]);
        harness.Time.Advance(TimeSpan.FromMilliseconds(50));
        other.Channel.Ack(1);
        await harness.PublishWrittenAsync(home, "c");

        await harness.AdvanceUntilAsync(home, other.WrittenAsync(2));

        // Time may have gone on until a second copy of "b" was due: of nothing else.
        string[] copies = [.. Texts(other.Writes)];
        Assert.Equal(["a", .. Enumerable.Repeat("b", copies.Length - 1)], copies);
    }

    [Fact]
    public async Task A_lane_whose_connection_answers_again_does_not_wait_for_the_probe()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other, Task<PublishReceipt> stalled) = await StallAsync(harness);

        home.Channel.Ack(1);
        await Confirmed(stalled);
        harness.Time.Advance(TimeSpan.FromMilliseconds(50));

        await harness.PublishWrittenAsync(home, "b");
        Assert.True(other.Channels[0].IsRetired);
        Assert.Equal(["a"], Texts(other.Writes));
    }

    [Fact]
    public async Task A_probe_whose_channel_is_open_only_when_the_stall_is_over_copies_nothing()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        var opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        other.Opening = opening.Task;
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a");
        harness.Time.Advance(AboveStall);
        await harness.Watch.UntilAsync(() => other.Opened == 1);

        home.Channel.Ack(1);
        await Confirmed(tasks[0]);
        harness.Time.Advance(TimeSpan.FromMilliseconds(50));
        await harness.PublishWrittenAsync(home, "b");
        opening.SetResult();
        await harness.Watch.UntilAsync(() => other.Channels.Count == 1 && other.Channel.IsRetired);

        Assert.Empty(other.Writes);
    }

    [Fact]
    public async Task A_stall_without_another_connection_is_probed_when_one_comes()
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession home = harness.Open(0);
        await harness.PublishWrittenAsync(home, "a");
        harness.Time.Advance(AboveStall);
        await harness.PublishWrittenAsync(home, "b");

        FakePublishSession other = harness.Open(1);
        harness.Time.Advance(AboveStall);

        await harness.Watch.UntilAsync(() => other.Writes.Count == 1).WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_copy_that_cannot_be_sent_leaves_no_channel_behind()
    {
        // For example where the other broker's frames are smaller than this message's headers.
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        other.Fail = static _ => new InvalidOperationException("does not fit");
        await harness.PublishWrittenAsync(home, "a");

        harness.Time.Advance(AboveStall);

        await harness.Watch.UntilAsync(() => other.Channels.Count == 1 && other.Channel.IsRetired).WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_copy_that_nobody_answers_is_followed_by_one_that_may_move_the_lane()
    {
        // A mirrored queue whose leader is frozen, and not yet given up, answers no copy; once another one leads, the next is answered at once.
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a");
        harness.Time.Advance(AboveStall);
        await harness.StallOnAsync(other, 1);
        await other.WrittenAsync(2);

        // The first silence was long enough to hold back what is new.
        await harness.PublishWrittenAsync(home, "b");
        other.AckAll();
        other.Channel.Ack(1);
        await Confirmed(harness.Publish("c"));

        Assert.Equal(3, (await Confirmed(tasks[0])).Attempts);
        Assert.Equal(["a", "a", "b", "c"], Texts(other.Writes));
    }

    [Fact]
    public async Task A_copy_that_the_queue_refuses_is_followed_by_another_one()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other, Task<PublishReceipt> stalled) = await StallAsync(harness);
        other.Channel.Nack(1);

        // The lane has stayed, and goes on; the question is asked again.
        await harness.PublishWrittenAsync(home, "b");
        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(2);
        other.Channel.Ack(1);

        Assert.Equal(3, (await Confirmed(stalled)).Attempts);
        Assert.Equal(["a", "a"], Texts(other.Writes.Take(2)));
        Assert.True(other.Channels[0].IsRetired);
    }

    [Fact]
    public async Task A_copy_that_the_queue_refuses_after_a_stall_of_its_own_is_followed_by_another_one()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other, _) = await StallAsync(harness);
        await harness.StallOnAsync(other, 2);
        await harness.PublishWrittenAsync(home, "b");

        other.Channel.Nack(1);
        await harness.Watch.UntilAsync(() => other.Channels[1].IsRetired);

        // The limit runs from the refusal on.
        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(3);
        Assert.Equal(["a", "a", "a"], Texts(other.Writes));
    }

    [Fact]
    public async Task A_copy_that_is_lost_with_its_connection_is_followed_by_another_one()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other, Task<PublishReceipt> stalled) = await StallAsync(harness);
        other.Kill();
        await harness.PublishWrittenAsync(home, "b");
        FakePublishSession next = harness.Open(1);

        harness.Time.Advance(AboveStall);
        await next.WrittenAsync(1);
        next.Channel.Ack(1);

        Assert.Equal(3, (await Confirmed(stalled)).Attempts);
    }

    /// <summary>Message "a" stalls, and a copy of it is out.</summary>
    private static async Task<(FakePublishSession Home, FakePublishSession Other, Task<PublishReceipt> Stalled)> StallAsync(PublisherHarness harness)
    {
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a");
        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(1);
        return (home, other, tasks[0]);
    }
}

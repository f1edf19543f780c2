using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>The kernel gets no acknowledgement of what a lane has sent to an address that may move: the lane asks another connection long before the limit of a stall.</summary>
public sealed class UnansweredLaneTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task What_is_not_acknowledged_is_asked_about_at_once_and_the_lane_moves()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a", "b");
        home.IsUnanswered = true;

        harness.Time.Advance(Soon);
        await other.WrittenAsync(1);
        other.Channel.Ack(1);
        await harness.Watch.UntilAsync(() => other.Channels.Count == 2 && other.Channel.Count == 1);

        Assert.Equal(2, (await Confirmed(tasks[0])).Attempts);
        Assert.Equal(["b"], Texts(other.Channel.Writes));
        Assert.True(home.Channels[0].IsRetired);
    }

    [Fact]
    public async Task Confirms_that_come_all_the_same_put_the_question_off()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a", "b");
        home.IsUnanswered = true;
        harness.Time.Advance(TimeSpan.FromMilliseconds(200));

        home.Channel.Ack(1);
        harness.Time.Advance(TimeSpan.FromMilliseconds(200));
        await home.QuietAsync();

        Assert.Empty(other.Channels);
    }

    [Fact]
    public async Task Nobody_is_asked_whose_own_bytes_are_not_acknowledged()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");
        home.IsUnanswered = other.IsUnanswered = true;

        harness.Time.Advance(Stall + Stall);
        await home.QuietAsync();

        Assert.Empty(other.Channels);
    }

    [Fact]
    public async Task While_confirms_are_missing_the_connection_is_given_something_to_acknowledge()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");
        harness.Time.Advance(TimeSpan.FromMilliseconds(200));
        int early = session.Pokes;

        harness.Time.Advance(TimeSpan.FromMilliseconds(100));
        int late = session.Pokes;
        session.Channel.Ack(1);
        await Confirmed(tasks[0]);
        harness.Time.Advance(Stall);

        Assert.Equal(0, early);
        Assert.True(late > 0);
        Assert.Equal(late, session.Pokes);
    }

    [Fact]
    public async Task A_connection_that_carries_nothing_is_not_asked_about()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a");
        home.Channel.Ack(1);
        await Confirmed(tasks[0]);
        home.IsUnanswered = true;

        harness.Time.Advance(Stall);
        await home.QuietAsync();

        Assert.Empty(other.Channels);
    }
}

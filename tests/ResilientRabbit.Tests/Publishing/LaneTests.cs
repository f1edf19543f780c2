using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A lane from the call to the confirm, and which session it uses.</summary>
public sealed class LaneTests
{
    [Fact]
    public async Task A_confirm_completes_the_publish()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");

        Assert.False(tasks[0].IsCompleted);
        session.Channel.Ack(1);

        Assert.Equal(new PublishReceipt(session.Writes[0].MessageId, 1, 0), await Confirmed(tasks[0]));
        Assert.Equal((1, 1, 0), (harness.Counts.Submitted, harness.Counts.Confirmed, harness.Counts.Pending));
    }

    [Fact]
    public async Task A_confirm_that_comes_inside_the_write_completes_the_publish()
    {
        await using var harness = new PublisherHarness();
        harness.OpenAcking();

        Assert.Equal(1, (await Confirmed(harness.Publish("a"))).Attempts);
    }

    [Fact]
    public async Task The_first_copy_is_not_marked_and_carries_the_identity()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        await harness.PublishWrittenAsync(session, "a", "b");

        Assert.All(session.Writes, static message => Assert.Null(message.Attempt));
        Assert.All(session.Writes, static message => Assert.True(message.Mandatory && message.Properties.Persistent));
        Assert.Equal(2, session.Writes.Select(static message => message.MessageId).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(2, session.Writes.Select(static message => message.PublishId).Distinct().Count());
    }

    [Fact]
    public async Task Nothing_is_written_before_the_topology_was_declared()
    {
        await using var harness = new PublisherHarness(isReady: false);
        FakePublishSession session = harness.Open();
        Task<PublishReceipt> task = harness.Publish("a");
        Assert.Empty(session.Channels);

        session.AckAll();
        harness.Routes.Declared.SetResult();

        await Confirmed(task);
    }

    [Fact]
    public async Task The_lane_moves_at_once_to_the_other_session()
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession home = harness.Open(0);
        FakePublishSession other = harness.OpenAcking(1);
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(home, "a");

        home.Kill();

        Assert.Equal(2, (await Confirmed(tasks[0])).Attempts);
        Assert.Equal(["a"], Texts(other.Writes));
    }

    [Fact]
    public async Task The_lane_goes_home_over_an_empty_window_without_any_copy()
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession refuge = harness.OpenAcking(1);
        await Confirmed(harness.Publish("a"));

        FakePublishSession home = harness.OpenAcking(0);
        await harness.Watch.UntilAsync(() => home.Channels.Count == 1);

        Assert.Equal(1, (await Confirmed(harness.Publish("b"))).Attempts);
        Assert.Equal(["b"], Texts(home.Writes));
        Assert.Equal(["a"], Texts(refuge.Writes));
    }

    [Fact]
    public async Task The_lane_stays_away_from_home_while_anything_is_in_flight()
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession refuge = harness.Open(1);
        await harness.PublishWrittenAsync(refuge, "a");

        FakePublishSession home = harness.Open(0);
        await refuge.QuietAsync();
        Assert.Empty(home.Channels);
        refuge.Channel.Ack(1);

        await harness.Watch.UntilAsync(() => home.Channels.Count == 1);
        Assert.Empty(home.Writes);
    }

    [Fact]
    public async Task A_session_that_cannot_open_a_channel_is_asked_again_after_a_pause()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();
        session.OpenError = new ConnectionException(ConnectionFailureReason.TimedOut, null, "no channel");
        Task<PublishReceipt> task = harness.Publish("a");
        await harness.Watch.UntilAsync(() => harness.Time.IsWaiting(TimeSpan.FromMilliseconds(100)));

        session.OpenError = null;
        harness.Time.Advance(TimeSpan.FromMilliseconds(100));

        await Confirmed(task);
    }

    [Fact]
    public async Task A_blocked_session_is_not_written_to_until_it_is_unblocked()
    {
        await using var harness = new PublisherHarness(connections: 2);
        FakePublishSession session = harness.Open(0);
        harness.Open(1);
        await harness.PublishWrittenAsync(session, "a");
        session.Block(true);

        Task<PublishReceipt> task = harness.Publish("b");
        harness.Time.Advance(TimeSpan.FromSeconds(60));
        await session.QuietAsync();
        Assert.Equal(["a"], Texts(session.Writes));
        Assert.Single(session.Channels);
        session.AckAll();
        session.Block(false);

        await Confirmed(task);
    }

    [Fact]
    public async Task No_more_than_the_window_is_on_the_wire()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { InFlightWindow = 3 });
        FakePublishSession session = harness.Open();
        _ = harness.Publish("a");
        _ = harness.Publish("b");
        _ = harness.Publish("c");
        _ = harness.Publish("d");
        _ = harness.Publish("e");
        await session.WrittenAsync(3);
        await session.QuietAsync();
        Assert.Equal(3, session.Writes.Count);

        session.Channel.Ack(2, multiple: true);
        await session.WrittenAsync(5);

        Assert.Equal(["a", "b", "c", "d", "e"], Texts(session.Writes));
    }

    [Fact]
    public async Task No_more_bytes_than_the_window_takes_are_on_the_wire_but_one_large_message_goes_alone()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { InFlightBytes = 4 });
        FakePublishSession session = harness.Open();
        foreach (string text in new[] { "aaa", "bbb", "c", "dddddddddd", "e" })
        {
            _ = harness.Publish(text);
        }

        await session.WrittenAsync(2);
        await session.QuietAsync();
        Assert.Equal(["aaa", "bbb"], Texts(session.Writes));

        session.Channel.Ack(2, multiple: true);
        await session.WrittenAsync(4);
        await session.QuietAsync();
        Assert.Equal(["c", "dddddddddd"], Texts(session.Writes.Skip(2)));

        session.Channel.Ack(4, multiple: true);
        await session.WrittenAsync(5);
    }
}

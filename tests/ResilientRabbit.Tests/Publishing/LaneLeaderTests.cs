using ResilientRabbit.Publishing;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A lane goes to the node that leads what it writes: over an empty window, only when it is clear, and never at the price of an order or a copy.</summary>
public sealed class LaneLeaderTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly FakeLeaderResolver _resolver = new() { Leader = static _ => "n2" };

    [Fact]
    public async Task A_lane_changes_over_to_the_connection_to_the_leaders_node_without_a_copy()
    {
        await using PublisherHarness harness = NewHarness();
        FakePublishSession first = Open(harness, 0, "n1");
        FakePublishSession second = Open(harness, 1, "n2");
        await LearnAsync(harness);
        await PublishEachAsync(harness, LeaderVote.Majority);

        Assert.Equal(1, (await Confirmed(harness.Publish("next"))).Attempts);

        Assert.Equal(LeaderVote.Majority + 1, first.Writes.Count);
        Assert.Equal(["next"], Texts(second.Writes));
        Assert.Equal(0, harness.Counts.Replayed);
        Assert.Equal(("n2", "n2"), (harness.Publisher.Lanes[0].LeaderNode, harness.Publisher.Lanes[0].Session?.NodeName));
    }

    [Fact]
    public async Task Nothing_goes_to_the_leaders_node_while_an_older_message_is_unanswered()
    {
        await using PublisherHarness harness = NewHarness();
        FakePublishSession first = Open(harness, 0, "n1");
        FakePublishSession second = Open(harness, 1, "n2");
        await LearnAsync(harness);
        await PublishEachAsync(harness, LeaderVote.Majority - 1);
        first.OnWrite = null;
        await harness.PublishWrittenAsync(first, "held");

        Task<PublishReceipt> later = harness.Publish("later");
        await first.QuietAsync();
        Assert.Empty(second.Writes);
        first.Channel.Ack((ulong)first.Writes.Count);

        await Confirmed(later);
        Assert.Equal(["later"], Texts(second.Writes));
    }

    [Fact]
    public async Task A_lane_stays_where_no_connection_goes_to_the_leaders_node()
    {
        await using PublisherHarness harness = NewHarness();
        FakePublishSession first = Open(harness, 0, "n1");
        FakePublishSession second = Open(harness, 1, null);
        await LearnAsync(harness);

        await PublishEachAsync(harness, 2 * LeaderVote.Majority);
        Assert.Empty(second.Channels);

        // The name comes later, as from a resolver.
        second.NodeName = "n2";
        harness.Sources[1].Raise();
        await harness.Watch.UntilAsync(() => second.Channels.Count > 0, "the idle lane has changed over");
        await Confirmed(harness.Publish("next"));
        Assert.Equal(["next"], Texts(second.Writes));
    }

    [Fact]
    public async Task A_lost_connection_to_the_leader_sends_the_lane_home_and_its_return_brings_it_back()
    {
        await using PublisherHarness harness = NewHarness();
        FakePublishSession first = Open(harness, 0, "n1");
        FakePublishSession second = Open(harness, 1, "n2");
        await LearnAsync(harness);
        await PublishEachAsync(harness, LeaderVote.Majority);
        second.OnWrite = null;
        Task<PublishReceipt>[] held = await harness.PublishWrittenAsync(second, "a", "b");

        second.Kill();
        Assert.Equal(2, (await Confirmed(held[1])).Attempts);
        Assert.Equal(["a", "b"], Texts(first.Writes)[^2..]);
        FakePublishSession again = Open(harness, 1, "n2");
        await harness.Watch.UntilAsync(() => again.Channels.Count > 0, "the idle lane is back");
        await Confirmed(harness.Publish("c"));

        Assert.Equal(["c"], Texts(again.Writes));
    }

    [Fact]
    public async Task A_leader_that_has_moved_is_followed()
    {
        string leader = "n2";
        _resolver.Leader = _ => Volatile.Read(ref leader);
        await using PublisherHarness harness = NewHarness();
        FakePublishSession first = Open(harness, 0, "n1");
        FakePublishSession second = Open(harness, 1, "n2");
        await LearnAsync(harness);
        await PublishEachAsync(harness, LeaderVote.Majority + 1);
        Assert.Single(second.Writes);

        Volatile.Write(ref leader, "n1");
        await RoundAsync(harness);
        await PublishEachAsync(harness, (2 * LeaderVote.Majority) - 1);
        int before = first.Writes.Count;
        await Confirmed(harness.Publish("next"));

        Assert.Equal("next", Texts(first.Writes)[^1]);
        Assert.Equal(before + 1, first.Writes.Count);
        Assert.Equal(0, harness.Counts.Replayed);
    }

    [Fact]
    public async Task A_lane_whose_queues_have_several_leaders_in_equal_parts_stays()
    {
        _resolver.Leader = static query => query.Exchange is "orders" ? "n2" : "n1";
        await using PublisherHarness harness = NewHarness();
        FakePublishSession first = Open(harness, 0, "n1");
        FakePublishSession second = Open(harness, 1, "n2");
        await Confirmed(harness.Publish("x", "bills"));
        await LearnAsync(harness);
        await _resolver.AskedAsync(2);
        await RoundAsync(harness);
        for (int number = 0; number < 50; number++)
        {
            await Confirmed(harness.Publish("a"));
            await Confirmed(harness.Publish("b", "bills"));
        }

        Assert.Empty(second.Channels);
        Assert.Equal(102, first.Writes.Count);
    }

    [Fact]
    public async Task A_resolver_that_fails_changes_nothing()
    {
        _resolver.Leader = static _ => throw new InvalidOperationException("down");
        await using PublisherHarness harness = NewHarness();
        FakePublishSession first = Open(harness, 0, "n1");
        FakePublishSession second = Open(harness, 1, "n2");

        await LearnAsync(harness);
        await PublishEachAsync(harness, 20);

        Assert.Equal(21, first.Writes.Count);
        Assert.Empty(second.Channels);
        Assert.Null(harness.Publisher.Lanes[0].LeaderNode);
    }

    private static FakePublishSession Open(PublisherHarness harness, int connection, string? node)
    {
        FakePublishSession session = harness.OpenAcking(connection);
        session.NodeName = node;
        return session;
    }

    private PublisherHarness NewHarness() => new(connections: 2, leaders: _resolver);

    private static async Task PublishEachAsync(PublisherHarness harness, int count)
    {
        for (int number = 0; number < count; number++)
        {
            await Confirmed(harness.Publish(FormattableString.Invariant($"m{number}")));
        }
    }

    /// <summary>Publishes one message, and lets the resolver answer for it.</summary>
    private static async Task LearnAsync(PublisherHarness harness)
    {
        await Confirmed(harness.Publish("first"));
        await harness.Watch.UntilAsync(() => harness.LeaderRounds > 0, "the resolver has answered");
    }

    private static async Task RoundAsync(PublisherHarness harness)
    {
        int before = harness.LeaderRounds;
        harness.Time.Advance(Interval);
        await harness.Watch.UntilAsync(() => harness.LeaderRounds > before, "the resolver has answered again");
    }
}

using ResilientRabbit.Configuration;
using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Which connection is asked when a lane gets no confirms.</summary>
public sealed class StallProbeChoiceTests
{
    private static readonly TimeSpan AboveStall = Stall + TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task The_copy_goes_to_a_connection_that_takes_bytes()
    {
        await using var harness = new PublisherHarness(connections: 3);
        (FakePublishSession home, FakePublishSession stuck, FakePublishSession other) = (harness.Open(0), harness.Open(1), harness.Open(2));
        await harness.PublishWrittenAsync(home, "a");
        stuck.WriteStall = Stall;

        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(1);

        Assert.Equal("a", Assert.Single(other.Writes).Text);
        Assert.Empty(stuck.Channels);
    }

    [Fact]
    public void Nobody_is_asked_who_could_not_answer()
    {
        var source = new FakeSessionSource(new Watch());
        FakePublishSession[] sessions = [.. Enumerable.Range(0, 5).Select(_ => new FakePublishSession(source))];
        sessions[1].WriteStall = Stall;
        sessions[2].Block(true);
        sessions[3].IsUnanswered = true;
        sessions[4].Kill();

        Assert.Null(OtherWay.ToAsk(sessions, sessions[0], Stall));
        sessions[1].WriteStall = Stall - TimeSpan.FromMilliseconds(1);
        Assert.Same(sessions[1], OtherWay.ToAsk(sessions, sessions[0], Stall));
    }

    [Fact]
    public async Task The_lane_goes_to_the_connection_that_answered_and_not_to_one_that_is_blocked()
    {
        await using var harness = new PublisherHarness(connections: 3);
        (FakePublishSession home, FakePublishSession blocked, FakePublishSession other) = (harness.Open(0), harness.Open(1), harness.Open(2));
        blocked.Block(true);
        await harness.PublishWrittenAsync(home, "a");

        await AssertMovedAsync(harness, blocked, other);
    }

    [Fact]
    public async Task A_connection_that_was_silent_is_avoided_although_another_one_has_been_silent_since()
    {
        await using var harness = new PublisherHarness(connections: 3);
        (FakePublishSession home, FakePublishSession second, FakePublishSession third) = (harness.Open(0), harness.Open(1), harness.Open(2));
        await harness.PublishWrittenAsync(home, "a");
        third.Silence = TimeSpan.FromSeconds(1);
        harness.Time.Advance(AboveStall);
        await second.WrittenAsync(1);
        second.Channel.Ack(1);
        await harness.PublishWrittenAsync(second, "b");
        (home.Silence, third.Silence) = (TimeSpan.FromSeconds(20), TimeSpan.Zero);

        harness.Time.Advance(AboveStall);
        await third.WrittenAsync(1);
        third.AckAll();
        third.Channel.Ack(1);
        await Confirmed(harness.Publish("c"));

        Assert.Equal(["a"], home.Writes.Select(static message => message.Text));
    }

    [Fact]
    public async Task Of_two_connections_that_are_silent_in_turn_the_lane_uses_the_one_that_answered_last()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession other) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");
        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(1);
        other.Channel.Ack(1);
        await harness.PublishWrittenAsync(other, "b");

        harness.Time.Advance(AboveStall);
        await home.WrittenAsync(2);
        home.Channel.Ack(1);
        await harness.PublishWrittenAsync(home, "c");

        harness.Time.Advance(AboveStall);
        await other.WrittenAsync(3);
        other.AckAll();
        other.Channel.Ack(1);
        await Confirmed(harness.Publish("d"));

        Assert.Equal(["a", "b", "c"], home.Writes.Select(static message => message.Text));
        Assert.Equal(["a", "b", "c", "d"], other.Writes.Select(static message => message.Text));
    }

    [Fact]
    public async Task The_copy_and_the_lane_go_to_another_address_when_there_is_one()
    {
        await using var harness = new PublisherHarness(connections: 3);
        (FakePublishSession home, FakePublishSession beside, FakePublishSession other) = (harness.Open(0), harness.Open(1), harness.Open(2));
        home.Server = beside.Server = new RabbitEndpoint("silent.test", 5672);
        other.Server = new RabbitEndpoint("other.test", 5672);
        other.Silence = TimeSpan.FromSeconds(20);
        await harness.PublishWrittenAsync(home, "a");

        await AssertMovedAsync(harness, beside, other);
    }

    [Fact]
    public async Task Of_connections_to_one_address_the_copy_and_the_lane_go_to_the_one_that_was_heard_last()
    {
        await using var harness = new PublisherHarness(connections: 3);
        (FakePublishSession home, FakePublishSession silent, FakePublishSession heard) = (harness.Open(0), harness.Open(1), harness.Open(2));
        home.Server = silent.Server = heard.Server = new RabbitEndpoint("proxy.test", 5672);
        silent.Silence = Stall;
        await harness.PublishWrittenAsync(home, "a");

        await AssertMovedAsync(harness, silent, heard);
    }

    /// <summary>The copy is confirmed by the one and the next message goes there, and nothing to the other.</summary>
    private static async Task AssertMovedAsync(PublisherHarness harness, FakePublishSession never, FakePublishSession there)
    {
        harness.Time.Advance(AboveStall);
        await there.WrittenAsync(1);
        there.AckAll();
        there.Channel.Ack(1);
        await Confirmed(harness.Publish("b"));

        Assert.Empty(never.Channels);
    }
}

using ResilientRabbit.Configuration;
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
    public async Task Nobody_is_asked_while_all_others_take_no_bytes()
    {
        await using var harness = new PublisherHarness(connections: 2);
        (FakePublishSession home, FakePublishSession stuck) = (harness.Open(0), harness.Open(1));
        await harness.PublishWrittenAsync(home, "a");
        stuck.WriteStall = Stall;
        harness.Time.Advance(AboveStall);
        await home.QuietAsync();
        Assert.Empty(stuck.Channels);

        stuck.WriteStall = TimeSpan.Zero;
        harness.Time.Advance(AboveStall);
        await stuck.WrittenAsync(1);

        Assert.Equal("a", Assert.Single(stuck.Writes).Text);
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

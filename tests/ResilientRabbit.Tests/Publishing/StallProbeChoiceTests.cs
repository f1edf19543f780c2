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
}

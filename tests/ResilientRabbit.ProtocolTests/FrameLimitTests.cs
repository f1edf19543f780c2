using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests;

/// <summary>A broker with small frames: what does not fit into one must not reach it, or it closes the connection, again after each replay.</summary>
public sealed class FrameLimitTests
{
    [Fact]
    public async Task Headers_that_do_not_fit_into_the_brokers_frames_cost_that_message_alone()
    {
        await using Bed bed = await Bed.StartAsync(static options => options.FrameMax = 4096);
        RabbitClient client = bed.NewClient(static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(5));
        var properties = new MessageProperties();
        properties.Headers["large"] = new string('x', 5000);

        Task<PublishReceipt>[] before = Bed.Publish(client, 100);
        Task<PublishReceipt> large = client.Publisher.PublishAsync("", Bed.Queue, default, properties).AsTask();
        Task<PublishReceipt>[] after = Bed.Publish(client, 100, first: 100);

        PublishException failure = await Bed.FailsAsync(large);
        Assert.Equal((PublishFailure.NotSent, false), (failure.Failure, failure.MayBeStored));
        Assert.Contains("frame_max 4096", failure.Message, StringComparison.Ordinal);
        bed.AssertHonest(await Bed.AllAsync(before.Concat(after)));
        Assert.Equal(0, client.Status.Publishing.Replayed);
        Assert.All(client.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
    }
}

using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>A message that cannot be routed comes back whole, whatever consumers are to be spared.</summary>
public sealed class LargeReturnTests
{
    [Fact]
    public async Task A_return_of_more_than_consumers_take_costs_no_connection()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.MaxInboundMessageSize = 100_000);
        await client.ConnectAsync().WaitAsync(Bed.Patience);
        Task<PublishReceipt> lost = client.Publisher.PublishAsync("", "nowhere", new byte[200_000]).AsTask();

        PublishException error = await Bed.FailsAsync(lost);

        Assert.Equal((PublishFailure.Unroutable, 1), (error.Failure, error.Attempts));
        Assert.All(client.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
        await Bed.AllAsync(Bed.Publish(client, 10));
    }
}

using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>What the application has declared is there again after a loss (scenario 21).</summary>
public sealed class TopologyScenarios
{
    [Fact, Scenario("21", "P17")]
    public async Task What_the_broker_has_lost_is_declared_again_when_the_connections_are_back()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await client.DeclareAsync(new TopologyBuilder().Exchange("events", "topic").ClassicQueue("mine").Bind("mine", "events", "#").Build());
        Assert.Contains(bed.Broker.Bindings(), static binding => binding.Destination is "mine" && binding.Source is "events");

        Assert.True(await bed.Broker.DeleteQueueAsync("mine"));
        Assert.Null(bed.Broker.Queue("mine"));
        await bed.Broker.CloseAllConnectionsAsync("drill");

        // Nothing is published: a returned message would have it declared as well.
        await Bed.UntilAsync(
            () => bed.Broker.Queue("mine") is not null && bed.Broker.Bindings().Any(static binding => binding.Destination is "mine" && binding.Source is "events"),
            "The queue and its binding were not declared again.");
    }
}

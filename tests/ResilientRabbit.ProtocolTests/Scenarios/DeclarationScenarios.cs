using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Topologies that are odd or large.</summary>
public sealed class DeclarationScenarios
{
    [Fact]
    public async Task A_circle_of_dead_lettering_is_declared_and_warned_of()
    {
        await using Bed bed = await Bed.StartAsync();
        using var log = new RecordingLog(LogLevel.Warning);
        RabbitClient client = bed.NewClient(log);
        TimeSpan second = TimeSpan.FromSeconds(1);

        await client.DeclareAsync(new TopologyBuilder()
            .Queue(new QueueSpec { Name = "a", DeadLetterExchange = "", DeadLetterRoutingKey = "b", MessageTtl = second })
            .Queue(new QueueSpec { Name = "b", DeadLetterExchange = "", DeadLetterRoutingKey = "a", MessageTtl = second })
            .Build()).WaitAsync(Bed.Patience);

        Assert.NotNull(bed.Broker.Queue("b"));
        Assert.Single(log.Lines, static line => line.Contains("a -> b -> a", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ten_thousand_queues_are_declared_and_come_back_after_a_loss_within_thirty_seconds()
    {
        await using Bed bed = await Bed.StartAsync(static options => options.KeepJournal = false);
        RabbitClient client = bed.NewClient();
        var topology = new TopologyBuilder();
        for (int number = 0; number < 10_000; number++)
        {
            topology.Queue(new QueueSpec { Name = Bed.Id(number), Durable = false });
        }

        long start = Stopwatch.GetTimestamp();
        await client.DeclareAsync(topology.Build()).WaitAsync(TimeSpan.FromMinutes(2));
        TestContext.Current.TestOutputHelper?.WriteLine($"declared in {Stopwatch.GetElapsedTime(start)}");
        Assert.Equal(10_001, bed.Broker.Queues().Count);

        // Nothing of it is durable: the broker comes back without.
        await bed.Broker.KillAsync();
        await bed.Broker.RestartAsync();
        start = Stopwatch.GetTimestamp();
        Assert.Single(bed.Broker.Queues());
        await bed.Broker.WaitForAsync(static broker => broker.Queue(Bed.Id(9_999)) is not null && broker.Queues().Count == 10_001, TimeSpan.FromSeconds(30));
        TestContext.Current.TestOutputHelper?.WriteLine($"again in {Stopwatch.GetElapsedTime(start)}");
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>
/// Repeats the faults of <see cref="ConsumerFaultTests"/> and writes down when each consumer was back; by hand only (<c>-explicit only</c>). <c>RR_CONSUME_OUTPUT</c> names the page,
/// <c>RR_CONSUME_FINDINGS</c> the file of what was found so far, to which this run adds, <c>RR_CONSUME_FAULTS</c> says which faults (all) and <c>RR_CONSUME_RUNS</c> (5) how often.
/// </summary>
[Collection(ClusterGroup.Name)]
public sealed class ConsumeFailoverMeasurements(ClusterFixture fixture)
{
    private readonly FleetTable _table = new(
        string.Create(CultureInfo.InvariantCulture,
            $"Machine: {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}; {fixture.Cluster.Description}, net_ticktime 5 s; clients with a heartbeat of 4 s, nodes and prober share it."),
        Setting("RR_CONSUME_FINDINGS") ?? Path.Combine(AppContext.BaseDirectory, "consume-findings.jsonl"));

    private readonly List<string> _failures = [];

    private IRabbitNode Survivor => fixture.Cluster.Nodes[0];

    private IRabbitNode Victim => fixture.Cluster.Nodes[1];

    [Fact(Explicit = true)]
    public async Task The_way_back_of_every_consumer_is_written_down_for_each_fault()
    {
        int runs = int.Parse(Setting("RR_CONSUME_RUNS") ?? "5", CultureInfo.InvariantCulture);
        for (int run = 0; run < runs; run++)
        {
            await MeasureAsync("leader killed", () => Victim.KillAsync(), () => Victim.StartAsync());
            await MeasureAsync("leader's stop_app", () => Victim.StopAppAsync(), () => Victim.StartAppAsync());
            await MeasureAsync("leader frozen", () => Victim.FreezeAsync(), () => Victim.ThawAsync());
            await MeasureAsync("25 s without a majority", LoseMajorityAsync, null);
        }

        Assert.Empty(_failures);
    }

    private static string? Setting(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private async Task LoseMajorityAsync()
    {
        IRabbitNode[] downs = [Victim, fixture.Cluster.Nodes[2]];
        await Task.WhenAll(downs.Select(static node => node.KillAsync()));

        // The fault itself lasts this long; nothing waits for it to be right.
        await Task.Delay(TimeSpan.FromSeconds(25));
        await Task.WhenAll(downs.Select(static node => node.StartAsync()));
    }

    /// <summary>A run that was not safe is a failure in the end, and the others go on.</summary>
    private async Task MeasureAsync(string fault, Func<Task> hurt, Func<Task>? heal)
    {
        if (Setting("RR_CONSUME_FAULTS") is { } wanted && !wanted.Split(',').Any(one => fault.Contains(one.Trim(), StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        try
        {
            await using ConsumerFleet fleet = await ConsumerFleet.CreateAsync(fixture.Cluster, Victim, "measure");
            fleet.IsCounted = false;
            fleet.Allowance = TimeSpan.FromSeconds(30);
            fleet.Measured = (consumer, silence, prober) => _table.Add(fault, consumer.Kind, consumer.Way, prober, silence);
            fleet.MirroredLossIsOnlyMeasured = fault.EndsWith("frozen", StringComparison.Ordinal);
            await fleet.AddAllWaysAsync(Survivor);
            await fleet.RunAsync(hurt, heal);
        }
        catch (Exception exception)
        {
            _failures.Add($"{fault}: {exception.Message}");
            FaultReport.Write($"consume {fault} | {exception.Message}");
        }

        await File.WriteAllTextAsync(Setting("RR_CONSUME_OUTPUT") ?? Path.Combine(AppContext.BaseDirectory, "consume-failover.md"), _table.Render());
    }
}

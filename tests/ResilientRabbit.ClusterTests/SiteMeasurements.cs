using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>What benchmarks/results/sites.md shows. Run by hand (<c>-explicit only</c>): they take minutes, and figures of a busy machine are no reason to fail.</summary>
[Collection(SitesGroup.Name)]
public sealed class SiteMeasurements(SitesFixture fixture)
{
    private const int Prefetch = 1000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Fact(Explicit = true)]
    public async Task The_bridge_moves_at_least_as_many_messages_as_the_brokers_shovel()
    {
        const int Count = 50_000;
        TwoSites sites = fixture.Sites;
        List<double> bridges = [];
        List<double> shovels = [];
        for (int round = 1; round <= 3; round++)
        {
            bridges.Add(await MeasureAsync(async bench =>
            {
                MessageBridge bridge = await bench.BridgeAsync(Prefetch);
                return () => bridge.DisposeAsync().AsTask();
            }));
            shovels.Add(await MeasureAsync(async bench =>
            {
                await BrokerShovel.StartAsync(sites, bench.Queue, bench.Queue, bench.Queue, Prefetch);
                return () => BrokerShovel.StopAsync(sites, bench.Queue);
            }));
            FaultReport.Write(string.Create(CultureInfo.InvariantCulture, $"throughput | {Count} messages of 256 B, prefetch {Prefetch}, 40 ms, round {round} | bridge {bridges[^1]:0}/s | shovel (on-confirm) {shovels[^1]:0}/s | {bridges[^1] / shovels[^1]:0.00} x"));
        }

        double ratio = bridges.Order().ElementAt(1) / shovels.Order().ElementAt(1);
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture, $"throughput | median of 3: {ratio:0.00} x"));
        Assert.True(ratio >= 1, $"{ratio}");

        async Task<double> MeasureAsync(Func<BridgeBench, Task<Func<Task>>> startAsync)
        {
            await using BridgeBench bench = await BridgeBench.StartAsync(sites, "rate", Count);

            // From the first message that has arrived to the last, so that setting up counts for neither.
            Func<Task> stop = await startAsync(bench);
            long first = 0;
            while (first == 0)
            {
                first = await sites.Far.GetMessageCountAsync(bench.Queue);
            }

            long start = Stopwatch.GetTimestamp();
            while (await sites.Far.GetMessageCountAsync(bench.Queue) < Count)
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < Limit, "too slow");
                await Task.Delay(250);
            }

            double rate = (Count - first) / Stopwatch.GetElapsedTime(start).TotalSeconds;
            await stop();
            Assert.Equal(0, await bench.CheckArrivedAsync(Count));
            return rate;
        }
    }

    [Fact(Explicit = true)]
    public async Task Memory_is_bounded_while_the_far_side_is_down_for_a_minute()
    {
        const int Count = 100_000;
        TwoSites sites = fixture.Sites;
        await using BridgeBench bench = await BridgeBench.StartAsync(sites, "down", Count);
        await using MessageBridge bridge = await bench.BridgeAsync(Prefetch);
        while (bridge.Status.Forwarded < Count / 10)
        {
            await Task.Delay(2);
        }

        await sites.Far.Nodes[0].KillAsync();
        long down = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(2));
        (long heap, long working) before = MemoryOf();
        (long heap, long working) most = before;
        long forwarded = bridge.Status.Forwarded;
        while (Stopwatch.GetElapsedTime(down) < TimeSpan.FromSeconds(60))
        {
            await Task.Delay(1000);
            (long heap, long working) now = MemoryOf();
            most = (Math.Max(most.heap, now.heap), Math.Max(most.working, now.working));
            Assert.InRange(bridge.Status.InFlight, 1, Prefetch);
        }

        Assert.Equal(forwarded, bridge.Status.Forwarded);
        await sites.Far.Nodes[0].StartAsync();
        long up = Stopwatch.GetTimestamp();
        while (bridge.Status.Forwarded == forwarded)
        {
            Assert.True(Stopwatch.GetElapsedTime(up) < Limit, $"{bridge.Status}");
            await Task.Delay(2);
        }

        TimeSpan back = Stopwatch.GetElapsedTime(up);
        await ConsumeBench.UntilAsync(async () => await sites.Near.GetMessageCountAsync(bench.Queue) == 0, () => $"{bridge.Status}");
        await bridge.StopAsync();
        int twice = await bench.CheckArrivedAsync(Count);
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture,
            $"far side down for 60 s | {Count} messages, prefetch {Prefetch} | heap {before.heap / 1e6:0.0} MB, most {most.heap / 1e6:0.0} MB | working set {before.working / 1e6:0} MB, most {most.working / 1e6:0} MB | forwarding again {back.TotalSeconds:0.0} s after the node was up | 0 lost, in order, {twice} copies beyond the first, all marked"));
        Assert.True(most.heap < before.heap + 16_000_000, $"{before} {most}");
    }

    [Fact(Explicit = true)]
    public async Task The_publishing_call_does_not_wait_out_the_distance()
    {
        TwoSites sites = fixture.Sites;
        await sites.Far.RepairAsync();
        await sites.Far.DeclareQueueAsync("calls", quorum: false);
        List<(double P50, double P99)> calls = [];
        List<(double P50, double P99)> awaited = [];
        foreach (int distance in new[] { 0, 40 })
        {
            sites.ToFar.SetRoundTrip(TimeSpan.FromMilliseconds(distance));
            await using RabbitClient client = BridgeBench.NewClient(sites.ToFar.Addresses);
            await client.ConnectAsync();
            await MeasureCallsAsync(client, 4000);
            calls.Add(await MeasureCallsAsync(client, 20_000));
            awaited.Add(await MeasureAwaitedAsync(client, 300));
            FaultReport.Write(string.Create(CultureInfo.InvariantCulture,
                $"publishing call | {distance} ms | call p50 {calls[^1].P50:0.0} us, p99 {calls[^1].P99:0.0} us | awaiting each confirm p50 {awaited[^1].P50 / 1000:0.0} ms, p99 {awaited[^1].P99 / 1000:0.0} ms"));
        }

        sites.ToFar.SetRoundTrip(TimeSpan.FromMilliseconds(40));
        await sites.Far.DeleteQueueAsync("calls");
        Assert.True(calls[1].P99 < 2 * calls[0].P99, $"{calls[0]} {calls[1]}");
        Assert.True(awaited[1].P50 > 40_000);
    }

    /// <summary>Bursts that leave room in the window; only the call is measured, the confirm comes when it comes.</summary>
    private static async Task<(double P50, double P99)> MeasureCallsAsync(RabbitClient client, int count)
    {
        byte[] body = new byte[256];
        List<double> times = new(count);
        var pending = new Queue<ValueTask<PublishReceipt>>();
        while (times.Count < count)
        {
            for (int index = 0; index < 20; index++)
            {
                long start = Stopwatch.GetTimestamp();
                ValueTask<PublishReceipt> publishing = client.Publisher.PublishAsync("", "calls", body);
                times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                pending.Enqueue(publishing);
            }

            while (pending.Count > 1000)
            {
                await pending.Dequeue();
            }

            await Task.Delay(2);
        }

        while (pending.TryDequeue(out ValueTask<PublishReceipt> publishing))
        {
            await publishing;
        }

        return Percentiles(times);
    }

    private static async Task<(double P50, double P99)> MeasureAwaitedAsync(RabbitClient client, int count)
    {
        byte[] body = new byte[256];
        List<double> times = new(count);
        while (times.Count < count)
        {
            long start = Stopwatch.GetTimestamp();
            await client.Publisher.PublishAsync("", "calls", body);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        return Percentiles(times);
    }

    private static (double P50, double P99) Percentiles(List<double> times)
    {
        times.Sort();
        return (times[times.Count / 2], times[(int)(times.Count * 0.99)]);
    }

    private static (long Heap, long Working) MemoryOf()
    {
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        using var process = Process.GetCurrentProcess();
        return (heap, process.WorkingSet64);
    }
}

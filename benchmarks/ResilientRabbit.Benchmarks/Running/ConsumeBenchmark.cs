using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Benchmarks.Contenders;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>Consuming a filled queue of one real node. The contenders take turns in this process, after one warm-up round; medians are printed as a table.</summary>
internal static class ConsumeBenchmark
{
    private const ushort Prefetch = 500;
    private const int BodySize = 16;
    private const string Queue = "consume-bench";

    /// <param name="arguments"><c>consume</c>, optionally the number of messages and of rounds, and <c>profile</c> for what ours allocates by type.</param>
    public static async Task RunAsync(string[] arguments)
    {
        int count = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 50_000;
        int rounds = arguments.Length > 2 ? int.Parse(arguments[2], CultureInfo.InvariantCulture) : 5;
        await using LocalCluster cluster = await LocalCluster.StartAsync(new ClusterOptions { NodeCount = 1, Mirrored = false });
        ClusterAddress address = cluster.Nodes[0].Address;
        IConsumeContender[] contenders = [new ConsumeDriver(1, Prefetch), new ConsumeDriver(Prefetch / 4, Prefetch), new ConsumeOurs(Prefetch)];
        var results = contenders.ToDictionary(static contender => contender, static _ => new List<(double Rate, double Cpu, double Bytes)>());
        foreach (IConsumeContender contender in contenders)
        {
            await contender.OpenAsync(address.Host, address.Port);
        }

        for (int round = 0; round <= rounds; round++)
        {
            foreach (IConsumeContender contender in contenders)
            {
                await FillAsync(address, count);
                (double Rate, double Cpu, double Bytes) result = await MeasureAsync(contender, count);
                if (round > 0)
                {
                    results[contender].Add(result);
                }
            }
        }

        Console.WriteLine($"RabbitMQ {cluster.Version}, one node, classic queue, {count} transient messages of {BodySize} bytes, prefetch {Prefetch}, median of {rounds} rounds");
        Console.WriteLine();
        Console.WriteLine("| contender | msg/s | CPU µs per message | allocated bytes per message |");
        Console.WriteLine("| --- | --: | --: | --: |");
        foreach (IConsumeContender contender in contenders)
        {
            List<(double Rate, double Cpu, double Bytes)> runs = results[contender];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {contender.Text} | {Median(runs.Select(static run => run.Rate)):0} | {Median(runs.Select(static run => run.Cpu)):0.0} | {Median(runs.Select(static run => run.Bytes)):0} |"));
            await contender.DisposeAsync();
        }

        if (arguments.Contains("profile"))
        {
            await ProfileAsync(address, count);
        }
    }

    private static async Task ProfileAsync(ClusterAddress address, int count)
    {
        using var sampler = new AllocationSampler();
        await using var ours = new ConsumeOurs(Prefetch);
        await ours.OpenAsync(address.Host, address.Port);
        await FillAsync(address, count);
        sampler.Start();
        await ours.ConsumeAsync(Queue, count);
        sampler.Stop();
        Console.WriteLine();
        foreach ((string type, double bytes) in sampler.BytesByType(count))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes,8:0.0} {type}"));
        }
    }

    private static async Task<(double Rate, double Cpu, double Bytes)> MeasureAsync(IConsumeContender contender, int count)
    {
        GC.Collect();
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        await contender.ConsumeAsync(Queue, count);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        return (count / time.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / count, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / (double)count);
    }

    private static async Task FillAsync(ClusterAddress address, int count)
    {
        var options = new ResilientRabbitOptions();
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{address.Port}"));
        options.Publisher.Persistent = false;
        await using var client = new RabbitClient(options);
        await client.DeclareAsync(new TopologyBuilder().ClassicQueue(Queue).Build());
        byte[] body = new byte[BodySize];
        for (int sent = 0; sent < count; sent += 1000)
        {
            var batch = new OutboundMessage[Math.Min(1000, count - sent)];
            Array.Fill(batch, new OutboundMessage { Exchange = "", RoutingKey = Queue, Body = body });
            await client.Publisher.PublishBatchAsync(batch);
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}

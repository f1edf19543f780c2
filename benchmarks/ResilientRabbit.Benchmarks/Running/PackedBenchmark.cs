using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>Packed batches beside single messages: batches into a durable queue of one real node until each message is confirmed, then consumed until the queue is empty and all are settled.</summary>
internal static class PackedBenchmark
{
    private const int BodySize = 64;
    private const int BatchSize = 10_000;
    private const int BatchesInFlight = 6;
    private const int Window = 32_768;
    private const string Queue = "packed-bench";

    /// <param name="arguments"><c>--packed</c>, optionally the number of packed messages, of rounds, and <c>defaults</c> for the default limits of publishing; a tenth as many go unpacked.</param>
    public static async Task RunAsync(string[] arguments)
    {
        int count = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 1_000_000;
        int rounds = arguments.Length > 2 ? int.Parse(arguments[2], CultureInfo.InvariantCulture) : 3;
        bool isDefault = arguments.Length > 3 && arguments[3] is "defaults";
        await using LocalCluster cluster = await LocalCluster.StartAsync(new ClusterOptions { NodeCount = 1, Mirrored = false });
        ClusterAddress address = cluster.Nodes[0].Address;
        string endpoint = string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{address.Port}");
        Console.WriteLine($"RabbitMQ {cluster.Version}, one node, durable classic queue, persistent messages of {BodySize} bytes, batches of {BatchSize}, one lane, window {(isDefault ? new PublisherOptions().InFlightWindow : Window)}; each round");
        Console.WriteLine();
        Console.WriteLine("| | messages | confirmed msg/s | CPU µs | consumed and settled msg/s | CPU µs | load |");
        Console.WriteLine("| --- | --: | --: | --: | --: | --: | --: |");
        for (int round = 0; round <= rounds; round++)
        {
            foreach (bool packs in new[] { false, true })
            {
                int messages = round == 0 ? BatchSize : packs ? count : count / 10;
                string row = await MeasureAsync(endpoint, packs, messages, isDefault);
                if (round > 0)
                {
                    Console.WriteLine(row);
                }
            }
        }
    }

    private static async Task<string> MeasureAsync(string endpoint, bool packs, int count, bool isDefault)
    {
        var options = new ResilientRabbitOptions();
        options.Endpoints.Add(endpoint);
        options.Publisher.Packing = packs;
        options.Publisher.Lanes = 1;
        options.Publisher.Connections = 1;
        if (!isDefault)
        {
            options.Publisher.PackMaxMessages = 256;
            options.Publisher.InFlightWindow = Window;
            options.Publisher.MaxPendingMessages = BatchSize * (BatchesInFlight + 1);
        }

        await using var client = new RabbitClient(options);
        await client.ConnectAsync();
        await client.DeclareAsync(new TopologyBuilder().ClassicQueue(Queue).Build());
        (double Rate, double Cpu) publishing = await MeasureAsync(count, () => PublishAsync(client, count));
        (double Rate, double Cpu) consuming = await MeasureAsync(count, () => ConsumeAsync(client, count));
        return string.Create(CultureInfo.InvariantCulture,
            $"| {(packs ? "packed" : "single")} | {count} | {publishing.Rate:0} | {publishing.Cpu:0.00} | {consuming.Rate:0} | {consuming.Cpu:0.00} | {ChildRun.LoadAverage():0.0} |");
    }

    private static async Task<(double Rate, double Cpu)> MeasureAsync(int count, Func<Task> work)
    {
        GC.Collect();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        await work();
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        return (count / time.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / count);
    }

    private static async Task PublishAsync(RabbitClient client, int count)
    {
        var batch = new OutboundMessage[BatchSize];
        Array.Fill(batch, new OutboundMessage { Exchange = "", RoutingKey = Queue, Body = new byte[BodySize] });
        var running = new Queue<ValueTask<PublishBatchResult>>();
        for (int sent = 0; sent < count || running.Count > 0; sent += BatchSize)
        {
            if (running.Count == BatchesInFlight || sent >= count)
            {
                PublishBatchResult result = await running.Dequeue();
                if (!result.AllConfirmed)
                {
                    throw new InvalidOperationException("Not every message of the batch was confirmed.");
                }
            }

            if (sent < count)
            {
                running.Enqueue(client.Publisher.PublishBatchAsync(batch));
            }
        }
    }

    /// <summary>Ends when the last acknowledgement was sent and the broker has read it.</summary>
    private static async Task ConsumeAsync(RabbitClient client, int count)
    {
        var handler = new CountingHandler(count);
        var options = new ConsumerOptions { Prefetch = 500, DeadLetterBy = DeadLetterMethod.Reject };
        await using ISubscription subscription = await client.SubscribeAsync(Queue, handler, options);
        await handler.Done;
        await subscription.StopAsync();
        if (subscription.Status.Acknowledged != count)
        {
            throw new InvalidOperationException($"{subscription.Status.Acknowledged} of {count} messages were acknowledged.");
        }
    }

    private sealed class CountingHandler(int count) : IMessageHandler
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _handled;

        public Task Done => _done.Task;

        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            if (message.Body.Length != BodySize)
            {
                throw new InvalidOperationException("A message was not taken apart.");
            }

            if (++_handled == count)
            {
                _done.SetResult();
            }

            return new(Settlement.Ack);
        }
    }
}

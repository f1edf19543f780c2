using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>What no handler can do ends in the parking queue, after exactly the allowed attempts, and stops nothing else.</summary>
[Collection(ClusterGroup.Name)]
public sealed partial class PoisonTests(ClusterFixture fixture)
{
    private const int Good = 10_000;
    private const int Limit = 3;

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public async Task Ten_thousand_are_handled_around_one_that_throws_one_that_never_returns_and_one_undecodable(QueueKind kind)
    {
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, kind, "poison");
        var handler = new OrderHandler();
        var options = new ConsumerOptions
        {
            Prefetch = 200,
            Concurrency = 8,
            RetryLimit = Limit,
            RetryDelays = [TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(500)],
            HandlerTimeout = TimeSpan.FromSeconds(5),
        };
        await using ISubscription subscription = await bench.Client.SubscribeJsonAsync(bench.Queue, handler, PoisonContext.Default.Order, options, cancellationToken: TestContext.Current.CancellationToken);

        Task[] poison =
        [
            bench.PublishAsync("throws", """{"Number":-1}"""u8.ToArray(), "application/json"),
            bench.PublishAsync("hangs", """{"Number":-2}"""u8.ToArray(), "application/json"),
            bench.PublishAsync("undecodable", """{"Number":"""u8.ToArray(), "application/json"),
        ];
        await Task.WhenAll(poison.Append(bench.PublishManyAsync(Good, static number => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"Number\":{number}}}")))));
        await ConsumeBench.UntilAsync(() => handler.Runs.Count == Good + 2 && subscription.Status.DeadLettered == 3, () => $"{handler.Runs.Count} handled, {subscription.Status}");

        Assert.All(handler.Runs, static run => Assert.Equal(run.Key < 0 ? Limit : 1, run.Value));
        Dictionary<string, DrainedMessage> parked = (await bench.DrainAsync(bench.Parking)).ToDictionary(static message => message.MessageId!, StringComparer.Ordinal);
        Assert.Equal(["hangs", "throws", "undecodable"], parked.Keys.Order(StringComparer.Ordinal));
        AssertReason(parked["throws"], "Attempt 3 of 3. InvalidOperationException: bad order");
        AssertReason(parked["hangs"], "Attempt 3 of 3. TimeoutException");
        AssertReason(parked["undecodable"], "Attempt 3 of 3. MessageFormatException");
        Assert.All(parked.Values, static message => Assert.Equal(Limit, Convert.ToInt32(message.Headers["x-delivery-attempt"], CultureInfo.InvariantCulture)));
        await subscription.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await bench.CountAsync(bench.Queue));
        FaultReport.Write($"poison | {kind} | {Good} good handled once each, 3 parked after {Limit} attempts each | {subscription.Status}");
        await DeleteStepsAsync(bench, options);
    }

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public async Task Each_attempt_waits_for_its_own_step_and_the_last_step_repeats(QueueKind kind)
    {
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, kind, "steps");
        var runs = new ConcurrentQueue<(int Attempt, long At)>();
        var options = new ConsumerOptions { RetryLimit = 4, RetryDelays = [TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(900)] };
        await using ISubscription subscription = await bench.Client.SubscribeAsync(
            bench.Queue,
            new DelegateHandler((message, _) =>
            {
                runs.Enqueue((message.Attempt, Stopwatch.GetTimestamp()));
                return new(Settlement.Retry);
            }),
            options,
            TestContext.Current.CancellationToken);

        await bench.PublishAsync("again");
        await ConsumeBench.UntilAsync(() => subscription.Status.DeadLettered == 1, () => $"{subscription.Status}");

        (int Attempt, long At)[] seen = [.. runs];
        Assert.Equal([1, 2, 3, 4], seen.Select(static run => run.Attempt));
        double[] waits = [.. seen.Zip(seen.Skip(1), static (before, after) => Stopwatch.GetElapsedTime(before.At, after.At).TotalMilliseconds)];
        Assert.True(waits[0] >= 300 && waits[1] >= 900 && waits[2] >= 900, string.Join(", ", waits));
        DrainedMessage parked = Assert.Single(await bench.DrainAsync(bench.Parking));
        Assert.True(parked.Headers.ContainsKey("x-death") || parked.Headers.ContainsKey("x-death-before-retry"));
        AssertReason(parked, "Attempt 4 of 4. The handler returned Retry.");
        await subscription.StopAsync(TestContext.Current.CancellationToken);
        await DeleteStepsAsync(bench, options);
    }

    [Fact]
    public async Task A_message_that_ends_its_process_each_time_is_parked_without_another_run()
    {
        const int Deaths = 3;
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, QueueKind.Quorum, "killer");
        await bench.PublishAsync("killer");
        int runs = 0;
        var counts = new List<int>();
        for (int life = 0; life < Deaths; life++)
        {
            // To the broker a process that was killed is a connection that was reset.
            await using TcpProxy proxy = await TcpProxy.StartAsync(fixture.Cluster.Nodes[1].Address);
            var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            RabbitClient doomed = bench.NewClient(proxy.Address);
            await doomed.SubscribeAsync(
                bench.Queue,
                new DelegateHandler(async (message, gone) =>
                {
                    runs++;
                    counts.Add(message.Attempt);
                    began.TrySetResult();
                    await Task.Delay(Timeout.Infinite, gone);
                    return Settlement.Ack;
                }),
                new ConsumerOptions { DeliveryLimit = Deaths },
                TestContext.Current.CancellationToken);
            await began.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            proxy.RefuseNew = true;
            proxy.ResetAll();
        }

        await using ISubscription last = await bench.Client.SubscribeAsync(
            bench.Queue,
            new DelegateHandler((_, _) =>
            {
                runs++;
                return new(Settlement.Ack);
            }),
            new ConsumerOptions { DeliveryLimit = Deaths },
            TestContext.Current.CancellationToken);
        await ConsumeBench.UntilAsync(() => last.Status.DeadLettered == 1, () => $"{runs} runs, {last.Status}");

        Assert.Equal(Deaths, runs);
        Assert.Equal([1, 2, 3], counts);
        AssertReason(Assert.Single(await bench.DrainAsync(bench.Parking)), "DeliveryLimitException: The broker had delivered it 3 times in vain");
        await last.StopAsync(TestContext.Current.CancellationToken);
        await DeleteStepsAsync(bench, new ConsumerOptions());
    }

    private static void AssertReason(DrainedMessage message, string reason)
    {
        object? value = message.Headers["x-dead-letter-reason"];
        Assert.StartsWith(reason, value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : (string)value!, StringComparison.Ordinal);
    }

    private async Task DeleteStepsAsync(ConsumeBench bench, ConsumerOptions options)
    {
        foreach (TimeSpan delay in options.RetryDelays)
        {
            await fixture.Cluster.DeleteQueueAsync(string.Create(CultureInfo.InvariantCulture, $"{bench.Queue}.retry.{delay.TotalMilliseconds:0}"));
        }
    }

    public sealed record Order(int Number);

    [JsonSerializable(typeof(Order))]
    private sealed partial class PoisonContext : JsonSerializerContext;

    private sealed class OrderHandler : IMessageHandler<Order>
    {
        public ConcurrentDictionary<int, int> Runs { get; } = new();

        public async ValueTask<Settlement> HandleAsync(Order value, ReceivedMessage message, CancellationToken cancellationToken)
        {
            Runs.AddOrUpdate(value.Number, 1, static (_, count) => count + 1);
            if (value.Number == -1)
            {
                throw new InvalidOperationException("bad order");
            }

            if (value.Number == -2)
            {
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
            }

            return Settlement.Ack;
        }
    }
}

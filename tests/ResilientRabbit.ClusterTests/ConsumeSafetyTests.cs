using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using RabbitMQ.Client;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>Nothing is lost, handled twice without need, or left behind: replays, stopping, refusals, single pulls.</summary>
[Collection(ClusterGroup.Name)]
public sealed class ConsumeSafetyTests(ClusterFixture fixture)
{
    /// <summary>The goal is two seconds after it is possible; a busy machine may need some more.</summary>
    private static readonly TimeSpan BackAgain = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task Ten_thousand_messages_that_were_all_sent_twice_are_handled_once_each_with_deduplication()
    {
        const int Count = 10_000;
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, QueueKind.Mirrored, "dedupe");
        int runs = 0;
        await using ISubscription subscription = await bench.Client.SubscribeAsync(
            bench.Queue,
            new DelegateHandler(async (_, _) =>
            {
                // Gives up its thread, so that copies meet each other.
                await Task.Yield();
                Interlocked.Increment(ref runs);
                return Settlement.Ack;
            }),
            new ConsumerOptions { Prefetch = 500, Concurrency = 16, Deduplication = new DeduplicationOptions { Capacity = 2 * Count } },
            TestContext.Current.CancellationToken);

        await Task.WhenAll(bench.PublishManyAsync(Count), bench.PublishManyAsync(Count));
        await ConsumeBench.UntilAsync(() => subscription.Status.Acknowledged == 2 * Count, () => $"{runs} runs, {subscription.Status}");

        FaultReport.Write($"deduplication | {2 * Count} copies, {runs} runs | {subscription.Status}");
        Assert.Equal(Count, runs);
        Assert.Equal(Count, subscription.Status.Duplicates);
    }

    [Fact]
    public async Task Stopping_with_500_in_work_loses_nothing_and_settles_nothing_twice()
    {
        const int Count = 3000;
        const int InWork = 500;
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, QueueKind.Mirrored, "stop");
        await bench.PublishManyAsync(Count);
        var done = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        int working = 0;
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new ConsumerOptions { Prefetch = InWork, Concurrency = InWork, StopTimeout = TimeSpan.FromSeconds(20) };
        ISubscription subscription = await bench.Client.SubscribeAsync(
            bench.Queue,
            new DelegateHandler(async (message, _) =>
            {
                if (Interlocked.Increment(ref working) > 2 * InWork)
                {
                    await release.Task;
                }

                done.AddOrUpdate(message.MessageId!, 1, static (_, count) => count + 1);
                return Settlement.Ack;
            }),
            options,
            TestContext.Current.CancellationToken);
        await ConsumeBench.UntilAsync(() => working >= 3 * InWork, () => $"{working} begun, {subscription.Status}");

        long start = Stopwatch.GetTimestamp();
        Task stopping = subscription.StopAsync(TestContext.Current.CancellationToken);
        release.SetResult();
        await stopping;
        TimeSpan took = Stopwatch.GetElapsedTime(start);

        string[] left = [.. (await bench.DrainAsync(bench.Queue)).Select(static message => message.MessageId!)];
        SubscriptionStatus status = subscription.Status;
        FaultReport.Write($"stop with {InWork} in work | took {took.TotalMilliseconds:0} ms | handled {done.Count}, left {left.Length} | {status}");
        Assert.True(took < options.StopTimeout, $"{took}");
        Assert.Equal(Count, done.Count + left.Length);
        Assert.Empty(left.Intersect(done.Keys, StringComparer.Ordinal));
        Assert.All(done.Values, static runs => Assert.Equal(1, runs));
        Assert.Equal((done.Count, 0, 0), (status.Acknowledged, status.StaleAcks, status.Unsettled));
    }

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public async Task A_consumer_comes_back_after_its_queue_was_deleted_and_created_again_refused_and_missing(QueueKind kind)
    {
        string queue = $"refused-{Guid.NewGuid():N}";
        await fixture.Cluster.RepairAsync();
        var options = new ResilientRabbitOptions { UserName = fixture.Cluster.UserName, Password = fixture.Cluster.Password };
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{fixture.Cluster.Nodes[0].Address.Host}:{fixture.Cluster.Nodes[0].Address.Port}"));
        await using var client = new RabbitClient(options, TestLog.Create());
        var handled = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        Task<ISubscription> subscribing = client.SubscribeAsync(
            queue,
            new DelegateHandler((message, _) =>
            {
                handled.AddOrUpdate(message.MessageId!, 1, static (_, count) => count + 1);
                return new(Settlement.Ack);
            }),
            new ConsumerOptions { DeadLetterBy = DeadLetterMethod.Reject, RefreshIdleAfter = kind == QueueKind.Quorum ? TimeSpan.FromSeconds(1) : null },
            TestContext.Current.CancellationToken);

        // Missing: 404 until somebody else declares it.
        await ConsumeBench.UntilAsync(() => client.Status.Subscriptions.Any(static subscription => subscription.LastError?.StartsWith("404", StringComparison.Ordinal) == true), () => $"{client.Status}");
        await fixture.Cluster.DeclareQueueAsync(queue, kind == QueueKind.Quorum);
        await using ISubscription subscription = await subscribing.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await ExpectAsync("after-404");

        // Deleted and created again: the broker cancels the consumer.
        for (int round = 0; round < 10; round++)
        {
            // 3.10 may hand the consumer over to a quorum queue that is created again at once, without a cancel, and then swallows what it delivers to it: the queue
            // counts a consumer and an unacknowledged message, and no client can see that anything is wrong. Seen in three of five runs without RefreshIdleAfter.
            await fixture.Cluster.DeleteQueueAsync(queue);
            await fixture.Cluster.DeclareQueueAsync(queue, kind == QueueKind.Quorum);
            await ExpectAsync(string.Create(CultureInfo.InvariantCulture, $"after-delete-{round}"));
        }

        if (kind == QueueKind.Mirrored)
        {
            // Refused: another consumer has the queue for itself for a while. Ours is away as long as it is paused.
            await subscription.PauseAsync(TestContext.Current.CancellationToken);
            ClusterAddress address = fixture.Cluster.Nodes[2].Address;
            var factory = new ConnectionFactory { HostName = address.Host, Port = address.Port, UserName = fixture.Cluster.UserName, Password = fixture.Cluster.Password };
            await using (IConnection other = await factory.CreateConnectionAsync(TestContext.Current.CancellationToken))
            {
                IChannel channel = await other.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
                await channel.BasicConsumeAsync(queue, false, "", false, exclusive: true, null, new RabbitMQ.Client.Events.AsyncEventingBasicConsumer(channel), TestContext.Current.CancellationToken);
                Task resuming = subscription.ResumeAsync(TestContext.Current.CancellationToken);
                await ConsumeBench.UntilAsync(() => subscription.Status.LastError?.StartsWith("403", StringComparison.Ordinal) == true, () => $"{subscription.Status}");
                Assert.False(resuming.IsCompleted);
            }

            await ExpectAsync("after-403");
        }

        var census = new ConsumerCensus(fixture.Cluster, [queue]);
        string? wrong = await census.FindFaultAsync(countSuspected: true);
        Assert.True(wrong is null, wrong);
        Assert.Equal(1, census.Most);
        await subscription.StopAsync(TestContext.Current.CancellationToken);
        await fixture.Cluster.DeleteQueueAsync(queue);

        async Task ExpectAsync(string id)
        {
            long start = Stopwatch.GetTimestamp();
            await client.Publisher.PublishAsync("", queue, default, new MessageProperties { MessageId = id }, TestContext.Current.CancellationToken);
            while (!handled.ContainsKey(id))
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < BackAgain, $"{id}: {subscription.Status}; {await DescribeAsync(queue)}");
                await Task.Delay(10);
            }

            FaultReport.Write($"refused | {kind} | {id}: handled {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms after it could be published");
        }
    }

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public async Task A_message_above_the_limit_ends_no_connection_stops_no_other_and_is_still_there(QueueKind kind)
    {
        const int Large = 3 * 1024 * 1024;
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, kind, "too-large");
        RabbitClient small = bench.NewClient(fixture.Cluster.Nodes[1].Address, static options => options.MaxInboundMessageSize = 1024 * 1024);
        await using ISubscription subscription = await small.SubscribeAsync(bench.Queue, new DelegateHandler(static (_, _) => new(Settlement.Ack)), cancellationToken: TestContext.Current.CancellationToken);

        await bench.PublishAsync("large", new byte[Large]);
        await bench.PublishManyAsync(1000);
        await ConsumeBench.UntilAsync(() => subscription.Status is { Acknowledged: 1000, Held: 1 }, () => $"{subscription.Status}");

        Assert.Equal(0, subscription.Status.Resubscribes);
        Assert.All(small.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
        await subscription.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal("large", Assert.Single(await bench.DrainAsync(bench.Queue)).MessageId);
        await fixture.Cluster.DeleteQueueAsync($"{bench.Queue}.retry.5000");
    }

    [Fact]
    public async Task A_pulled_message_is_settled_by_its_caller_or_goes_back()
    {
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, QueueKind.Quorum, "pull");
        var options = new ConsumerOptions { RetryDelays = [TimeSpan.FromMilliseconds(100)], RetryLimit = 2 };
        CancellationToken cancel = TestContext.Current.CancellationToken;
        Assert.Null(await bench.Client.GetAsync(bench.Queue, options, cancel));
        await bench.PublishAsync("one", "body"u8.ToArray());

        PulledMessage forgotten = await NextAsync();
        Assert.Equal("body"u8.ToArray(), forgotten.Message.Body.ToArray());
        await forgotten.DisposeAsync();
        PulledMessage again = await NextAsync();
        Assert.True(again.Message.Redelivered);
        Assert.True(await again.SettleAsync(Settlement.Requeue));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await again.SettleAsync(Settlement.Ack));
        PulledMessage done = await NextAsync();
        Assert.True(await done.SettleAsync(Settlement.Ack));
        Assert.Throws<ObjectDisposedException>(() => done.Message.Body);
        await ConsumeBench.UntilAsync(async () => await bench.CountAsync(bench.Queue) == 0, () => "The acknowledged message is still there.");

        await bench.PublishAsync("two");
        Assert.True(await (await NextAsync()).SettleAsync(Settlement.Retry));
        PulledMessage second = await NextAsync();
        Assert.Equal(2, second.Message.Attempt);
        Assert.True(await second.SettleAsync(Settlement.Retry));
        Assert.Equal("two", Assert.Single(await bench.DrainAsync(bench.Parking)).MessageId);

        TopologyException missing = await Assert.ThrowsAsync<TopologyException>(() => bench.Client.GetAsync("no-such-queue", options, cancel));
        Assert.Equal(404, missing.ReplyCode);
        await fixture.Cluster.DeleteQueueAsync($"{bench.Queue}.retry.100");

        async Task<PulledMessage> NextAsync()
        {
            PulledMessage? pulled = null;
            await ConsumeBench.UntilAsync(async () => (pulled = await bench.Client.GetAsync(bench.Queue, options, cancel)) is not null, () => "No message came.");
            return pulled!;
        }
    }

    [Fact]
    public async Task A_pulled_message_whose_connection_is_lost_cannot_be_acknowledged_any_more()
    {
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, QueueKind.Mirrored, "pull-lost");
        await using TcpProxy proxy = await TcpProxy.StartAsync(fixture.Cluster.Nodes[1].Address);
        await bench.PublishAsync("one");
        RabbitClient unlucky = bench.NewClient(proxy.Address);
        PulledMessage? pulled = await unlucky.GetAsync(bench.Queue, cancellationToken: TestContext.Current.CancellationToken);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration watch = pulled!.Lost.Register(lost.SetResult);

        proxy.ResetAll();
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.False(await pulled.SettleAsync(Settlement.Ack));
        await ConsumeBench.UntilAsync(async () => await bench.CountAsync(bench.Queue) == 1, () => "The message did not go back.");
    }

    private Task<string> DescribeAsync(string queue) => fixture.Cluster.Nodes[0].EvaluateAsync(
        $"{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"{queue}\">>)), io_lib:format(\"~p ~p ~p ~p\", [rabbit_amqqueue:stat(Q), rabbit_amqqueue:consumers(Q), "
        + "amqqueue:get_pid(Q), rabbit_amqqueue:info(Q, [messages_ready, messages_unacknowledged, leader, online, members])])");
}

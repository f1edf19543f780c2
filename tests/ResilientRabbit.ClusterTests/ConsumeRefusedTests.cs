using System.Collections.Concurrent;
using System.Diagnostics;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>A consume that the broker refuses for a while (403) costs that while.</summary>
[Collection(ClusterGroup.Name)]
public sealed class ConsumeRefusedTests(ClusterFixture fixture)
{
    private const string User = "refused";

    /// <summary>The goal is two seconds; a busy machine may need some more.</summary>
    private static readonly TimeSpan Allowance = TimeSpan.FromSeconds(6);

    private IRabbitNode Node => fixture.Cluster.Nodes[0];

    [Theory]
    [InlineData(QueueKind.Mirrored)]
    [InlineData(QueueKind.Quorum)]
    public async Task A_consumer_whose_permission_was_taken_away_consumes_again_when_it_is_given_back(QueueKind kind)
    {
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, kind, "permission");
        await Node.EvaluateAsync($"(catch rabbit_auth_backend_internal:add_user(<<\"{User}\">>, <<\"{User}\">>, <<\"test\">>)), []");
        await AllowReadingAsync(".*");
        RabbitClient client = bench.NewClient(Node.Address, static options => (options.UserName, options.Password) = (User, User));
        var handled = new ConcurrentQueue<string?>();
        await using ISubscription subscription = await SubscribeAsync(client, bench.Queue, handled);

        // The consumer that is there stays; its successor is refused.
        await AllowReadingAsync("^$");
        await Node.CloseAllConnectionsAsync("permission");
        await ConsumeBench.UntilAsync(() => IsRefused(subscription), () => $"{subscription.Status}");
        await bench.PublishManyAsync(5);
        Assert.Equal((SubscriptionState.Resubscribing, 0), (subscription.Status.State, handled.Count));

        await AllowReadingAsync(".*");
        long start = Stopwatch.GetTimestamp();
        await ConsumeBench.UntilAsync(() => handled.Distinct().Count() == 5, () => $"{subscription.Status}");
        TimeSpan took = Stopwatch.GetElapsedTime(start);

        FaultReport.Write($"refused | {kind} | permission given back: handled {FaultReport.Milliseconds(took)} later");
        Assert.True(took <= Allowance, $"{took}");
        var census = new ConsumerCensus(fixture.Cluster, [bench.Queue]);
        Assert.Null(await census.FindFaultAsync(countSuspected: true));
        Assert.Equal(1, census.Most);
    }

    /// <summary>RabbitMQ's quorum queues take no notice of <c>exclusive</c>: there is no refusal to come back from.</summary>
    [Fact]
    public async Task An_exclusive_consumer_elsewhere_does_not_keep_others_from_a_quorum_queue()
    {
        await using ConsumeBench bench = await ConsumeBench.StartAsync(fixture.Cluster, QueueKind.Quorum, "exclusive");
        ClusterAddress address = fixture.Cluster.Nodes[2].Address;
        var factory = new ConnectionFactory { HostName = address.Host, Port = address.Port, UserName = fixture.Cluster.UserName, Password = fixture.Cluster.Password };
        await using IConnection other = await factory.CreateConnectionAsync(TestContext.Current.CancellationToken);
        IChannel channel = await other.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        await channel.BasicQosAsync(0, 1, global: false, TestContext.Current.CancellationToken);
        await channel.BasicConsumeAsync(bench.Queue, false, "", false, exclusive: true, null, new AsyncEventingBasicConsumer(channel), TestContext.Current.CancellationToken);
        var handled = new ConcurrentQueue<string?>();

        await using ISubscription subscription = await SubscribeAsync(bench.Client, bench.Queue, handled);
        await bench.PublishManyAsync(10);

        // The other one holds one of them, unacknowledged.
        await ConsumeBench.UntilAsync(() => handled.Distinct().Count() == 9, () => $"{handled.Count} handled, {subscription.Status}");
        Assert.False(IsRefused(subscription));
    }

    private static bool IsRefused(ISubscription subscription) => subscription.Status.LastError?.StartsWith("403", StringComparison.Ordinal) == true;

    private static Task<ISubscription> SubscribeAsync(RabbitClient client, string queue, ConcurrentQueue<string?> handled) => client.SubscribeAsync(
        queue,
        new DelegateHandler((message, _) =>
        {
            handled.Enqueue(message.MessageId);
            return new(Settlement.Ack);
        }),
        new ConsumerOptions { DeadLetterBy = DeadLetterMethod.Reject },
        TestContext.Current.CancellationToken);

    private Task<string> AllowReadingAsync(string pattern)
        => Node.EvaluateAsync($"ok = rabbit_auth_backend_internal:set_permissions(<<\"{User}\">>, <<\"/\">>, <<\".*\">>, <<\".*\">>, <<\"{pattern}\">>, <<\"test\">>), []");
}

using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>Where the bare driver hangs, the SDK's callers get their outcome in time, and nothing is left after dispose.</summary>
[Collection(ClusterGroup.Name)]
public sealed class DriverHangTests(ClusterFixture fixture)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    /// <summary>The promise is 100 ms; a build machine with two busy cores may add its own.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_reset_with_500_messages_in_flight_loses_nothing_and_hangs_nobody()
    {
        const int Count = 600;
        string queue = await NewQueueAsync();
        await using TcpProxy proxy = await TcpProxy.StartAsync(fixture.Cluster.Nodes[0].Address);
        await using RabbitClient client = NewClient([proxy.Address], TimeSpan.FromSeconds(60), static options => options.Publisher.Connections = options.Publisher.Lanes = 1);

        // The lane has its channel then: connected alone does not say so, and while nothing comes back none can be opened.
        await client.Publisher.PublishAsync("", queue, TestBody.Create("first", 0));
        proxy.ServerToClient = TrafficMode.Hold;
        Task<PublishReceipt>[] publishing = [.. Enumerable.Range(0, Count).Select(number => client.Publisher.PublishAsync("", queue, TestBody.Create("k", number)).AsTask())];
        await WaitAsync(() => proxy.BytesToServer > (Count + 1) * 200);
        Assert.Equal(Count, client.Status.Publishing.Pending);

        long start = Stopwatch.GetTimestamp();
        proxy.ServerToClient = TrafficMode.Pass;
        proxy.ResetAll();
        PublishReceipt[] receipts = await Task.WhenAll(publishing).WaitAsync(TimeSpan.FromSeconds(60));
        TimeSpan recovered = Stopwatch.GetElapsedTime(start);

        IReadOnlyList<DrainedMessage> found = await fixture.Cluster.DrainAsync(queue);
        Assert.Equal(Count + 1, found.Select(static message => message.MessageId).Distinct().Count());
        Assert.All(found.GroupBy(static message => message.MessageId).Where(static copies => copies.Count() > 1),
            static copies => Assert.Contains(copies, static copy => copy.Headers.ContainsKey("x-publish-attempt")));
        FaultReport.Write($"reset with {Count} in flight: all confirmed after {FaultReport.Milliseconds(recovered)}, {receipts.Count(static receipt => receipt.Attempts > 1)} sent again, {found.Count - Count - 1} duplicates, all marked");
        await client.DisposeAsync();
        await Leftovers.AssertNoneAsync(client, proxy.Address);
    }

    [Fact]
    public async Task A_peer_that_accepts_and_stays_silent_costs_a_publish_its_deadline_and_no_more()
    {
        await using SilentPeer peer = SilentPeer.Start();
        await using RabbitClient client = NewClient([peer.Address], Deadline, static options => options.ConnectTimeout = TimeSpan.FromSeconds(1));

        (PublishException failure, TimeSpan elapsed) = await FailAsync(client, "anywhere");

        Assert.Equal(PublishFailure.NotSent, failure.Failure);
        Assert.False(failure.MayBeStored);
        Assert.InRange(elapsed, Deadline, Deadline + Slack);
        Assert.Equal(ConnectionFailureReason.TimedOut, Assert.IsType<ConnectionException>(failure.InnerException).Reason);
        FaultReport.Write($"silent peer: NotSent after {FaultReport.Milliseconds(elapsed)} with a delivery timeout of {FaultReport.Milliseconds(Deadline)}");
        await DisposeInTimeAsync(client, peer.Address);
    }

    [Fact]
    public async Task A_silent_first_endpoint_does_not_keep_the_client_from_the_second()
    {
        string queue = await NewQueueAsync();
        await using SilentPeer peer = SilentPeer.Start();
        await using RabbitClient client = NewClient([peer.Address, fixture.Cluster.Nodes[0].Address], TimeSpan.FromSeconds(30), static options => options.ConnectTimeout = TimeSpan.FromSeconds(1));

        PublishReceipt receipt = await client.Publisher.PublishAsync("", queue, TestBody.Create("k", 0)).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, receipt.Attempts);
        await client.DisposeAsync();
        await Leftovers.AssertNoneAsync(client, peer.Address);
    }

    [Fact]
    public async Task A_peer_that_freezes_while_publishing_gives_each_message_its_outcome_by_the_deadline()
    {
        const int Count = 2000;
        string queue = await NewQueueAsync();
        await using TcpProxy proxy = await TcpProxy.StartAsync(fixture.Cluster.Nodes[0].Address);
        await using RabbitClient client = NewClient([proxy.Address], Deadline, static options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        await client.ConnectAsync(TestContext.Current.CancellationToken);
        await proxy.FreezeAsync();

        Task<(PublishException Failure, TimeSpan Elapsed)>[] publishing = [.. Enumerable.Range(0, Count).Select(_ => FailAsync(client, queue))];
        (PublishException Failure, TimeSpan Elapsed)[] failures = await Task.WhenAll(publishing).WaitAsync(TimeSpan.FromSeconds(30));

        TimeSpan slowest = failures.Max(static failure => failure.Elapsed);
        Assert.InRange(slowest, Deadline, Deadline + Slack);
        Assert.All(failures, static failure => Assert.True(failure.Failure.Failure is PublishFailure.Unknown or PublishFailure.NotSent));
        FaultReport.Write(
            $"frozen peer: {Count} outcomes, slowest after {FaultReport.Milliseconds(slowest)} with a delivery timeout of {FaultReport.Milliseconds(Deadline)}, "
            + $"{failures.Count(static failure => failure.Failure.Failure == PublishFailure.Unknown)} unknown, {failures.Count(static failure => failure.Failure.Failure == PublishFailure.NotSent)} not sent");
        await DisposeInTimeAsync(client, proxy.Address);

        // What was called not sent must not be there.
        await proxy.ThawAsync();
        IReadOnlyList<DrainedMessage> found = await fixture.Cluster.DrainAsync(queue);
        HashSet<string> notSent = [.. failures.Where(static failure => failure.Failure.Failure == PublishFailure.NotSent).Select(static failure => failure.Failure.MessageId)];
        Assert.DoesNotContain(found, message => notSent.Contains(message.MessageId!));
    }

    [Theory]
    [InlineData("no-such-virtual-host", "guest", ConnectionFailureReason.VirtualHostRefused)]
    [InlineData("/", "not-the-password", ConnectionFailureReason.AuthenticationFailed)]
    public async Task A_refused_connection_is_named_as_such_and_not_hammered(string virtualHost, string password, ConnectionFailureReason reason)
    {
        await using TcpProxy proxy = await TcpProxy.StartAsync(fixture.Cluster.Nodes[0].Address);
        await using RabbitClient client = NewClient([proxy.Address], Deadline, options =>
        {
            options.VirtualHost = virtualHost;
            options.Password = password;
        });

        (PublishException failure, TimeSpan elapsed) = await FailAsync(client, "anywhere");

        Assert.Equal(PublishFailure.NotSent, failure.Failure);
        Assert.InRange(elapsed, Deadline, Deadline + Slack);
        Assert.Equal(reason, Assert.IsType<ConnectionException>(failure.InnerException).Reason);
        Assert.Equal(ConnectionState.Faulted, client.Status.State);
        Assert.DoesNotContain("not-the-password", failure.ToString(), StringComparison.Ordinal);

        // Two publish connections, one attempt each: the next ones come at the longest delay.
        Assert.InRange(proxy.AcceptedCount, 1, 2);
        FaultReport.Write($"{reason}: NotSent after {FaultReport.Milliseconds(elapsed)}, {proxy.AcceptedCount} attempts");
        await DisposeInTimeAsync(client, proxy.Address);
    }

    [Fact]
    public async Task A_silent_broker_is_found_by_the_idle_guard_although_nothing_is_published()
    {
        await using TcpProxy proxy = await TcpProxy.StartAsync(fixture.Cluster.Nodes[0].Address);
        await using RabbitClient client = NewClient([proxy.Address], Deadline, static options => options.Heartbeat = TimeSpan.FromSeconds(2));
        await client.ConnectAsync(TestContext.Current.CancellationToken);
        var lost = new TaskCompletionSource<ConnectionStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.StatusChanged += (_, change) =>
        {
            if (change.Current.LastFailure is not null)
            {
                lost.TrySetResult(change.Current);
            }
        };

        long start = Stopwatch.GetTimestamp();
        await proxy.FreezeAsync();
        ConnectionStatus status = await lost.Task.WaitAsync(TimeSpan.FromSeconds(20));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);

        Assert.Equal(ConnectionFailureReason.Silent, status.LastFailure);
        Assert.True(elapsed < TimeSpan.FromSeconds(5), $"Found after {elapsed}; the promise is twice the heartbeat and a second.");
        FaultReport.Write($"silent broker, heartbeat 2 s, idle: found after {FaultReport.Milliseconds(elapsed)}");
        await DisposeInTimeAsync(client, proxy.Address);
    }

    private static async Task<(PublishException Failure, TimeSpan Elapsed)> FailAsync(RabbitClient client, string queue)
    {
        long start = Stopwatch.GetTimestamp();
        PublishException failure = await Assert.ThrowsAsync<PublishException>(() => client.Publisher.PublishAsync("", queue, TestBody.Create("k", 0)).AsTask());
        return (failure, Stopwatch.GetElapsedTime(start));
    }

    private static async Task DisposeInTimeAsync(RabbitClient client, ClusterAddress address)
    {
        long start = Stopwatch.GetTimestamp();
        await client.DisposeAsync();
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(4), $"Dispose took {Stopwatch.GetElapsedTime(start)}.");
        await Leftovers.AssertNoneAsync(client, address);
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "The condition did not come about.");
            await Task.Delay(20);
        }
    }

    private async Task<string> NewQueueAsync()
    {
        string queue = "hang-" + Guid.NewGuid().ToString("N");
        await fixture.Cluster.RepairAsync();
        await fixture.Cluster.DeclareQueueAsync(queue, quorum: false);
        return queue;
    }

    private RabbitClient NewClient(IEnumerable<ClusterAddress> endpoints, TimeSpan deliveryTimeout, Action<ResilientRabbitOptions>? configure = null)
    {
        var options = new ResilientRabbitOptions { UserName = fixture.Cluster.UserName, Password = fixture.Cluster.Password, ShutdownTimeout = TimeSpan.FromSeconds(3) };
        options.Publisher.DeliveryTimeout = deliveryTimeout;
        options.Publisher.ConfirmStallTimeout = TimeSpan.FromSeconds(2);
        foreach (ClusterAddress endpoint in endpoints)
        {
            options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{endpoint.Host}:{endpoint.Port}"));
        }

        configure?.Invoke(options);
        return new RabbitClient(options, TestLog.Create());
    }
}

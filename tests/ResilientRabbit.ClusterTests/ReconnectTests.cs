using System.Diagnostics;
using System.Globalization;
using RabbitMQ.Client;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>What many reconnects cost in memory and what they leave behind.</summary>
[Collection(ClusterGroup.Name)]
public sealed class ReconnectTests(ClusterFixture fixture)
{
    private const int Reconnects = 200;
    private const string Reconnecting = "reconnecting";

    [Fact]
    public async Task Two_hundred_reconnects_leave_nothing_behind()
    {
        string queue = await NewQueueAsync();
        await using TcpProxy proxy = await TcpProxy.StartAsync(fixture.Cluster.Nodes[0].Address);
        long driver = await MeasureDriverAsync(proxy);
        long heapBefore;
        long heapAfter;
        int timersBefore;
        int timersAfter;
        int socketsBefore;
        int socketsAfter;
        int lanes;
        await using (RabbitClient client = NewClient(proxy.Address))
        {
            lanes = client.Status.Lanes.Count;
            await client.ConnectAsync(TestContext.Current.CancellationToken);
            using var stop = new CancellationTokenSource();
            Task load = Task.WhenAll(Enumerable.Range(0, 8).Select(key => PumpAsync(client, queue, key, stop.Token)));
            for (int warmUp = 0; warmUp < 20; warmUp++)
            {
                await ReconnectAsync(client, proxy);
            }

            await SettledAsync(client, proxy);
            await ChannelsAsync(lanes);
            (heapBefore, timersBefore, socketsBefore) = (GC.GetTotalMemory(forceFullCollection: true), (int)Timer.ActiveCount, proxy.ConnectionCount);
            for (int count = 0; count < Reconnects; count++)
            {
                await ReconnectAsync(client, proxy);
            }

            await SettledAsync(client, proxy);
            await ChannelsAsync(lanes);
            await stop.CancelAsync();
            await load.WaitAsync(TimeSpan.FromSeconds(60));
            await client.Publisher.FlushAsync(TestContext.Current.CancellationToken);
            (heapAfter, timersAfter, socketsAfter) = (GC.GetTotalMemory(forceFullCollection: true), (int)Timer.ActiveCount, proxy.ConnectionCount);
            Assert.Equal(0, client.Status.Publishing.Pending);
        }

        double each = (heapAfter - heapBefore) / (double)Reconnects;
        double driverEach = driver / (double)Reconnects;
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture,
            $"{Reconnects} reconnects under load: heap {each:0} bytes each (two publish connections and their channels), bare driver {driverEach:0} bytes each; timers {timersBefore} before, {timersAfter} after; sockets {socketsBefore} before, {socketsAfter} after; channels at the broker {lanes} before and after"));
        Assert.Equal(socketsBefore, socketsAfter);
        Assert.InRange(timersAfter, 0, timersBefore + 5);
        Assert.True(each <= (2 * Math.Max(0, driverEach)) + 2048, $"{each:0} bytes each, bare driver {driverEach:0}.");
        await Until.TrueAsync(() => proxy.ConnectionCount == 0, () => $"{proxy.ConnectionCount} connections are open.");
        await ChannelsAsync(0);
    }

    [Fact]
    public async Task Two_hundred_reconnects_leave_no_task_behind()
    {
        string queue = await NewQueueAsync();
        await using TcpProxy proxy = await TcpProxy.StartAsync(fixture.Cluster.Nodes[0].Address);
        using var tasks = new LiveTasks();
        await using RabbitClient client = NewClient(proxy.Address);
        await client.ConnectAsync(TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        Task load = Task.WhenAll(Enumerable.Range(0, 8).Select(key => PumpAsync(client, queue, key, stop.Token)));
        for (int warmUp = 0; warmUp < 5; warmUp++)
        {
            await ReconnectAsync(client, proxy);
        }

        await SettledAsync(client, proxy);
        IReadOnlyDictionary<string, int> before = tasks.Count();
        for (int count = 0; count < Reconnects; count++)
        {
            await ReconnectAsync(client, proxy);
        }

        await SettledAsync(client, proxy);

        // What is under way at one moment differs by a few; what each reconnect left would be there two hundred times.
        IReadOnlyDictionary<string, int> after = tasks.Count();
        string more = string.Join(", ", after.Where(kind => kind.Value > before.GetValueOrDefault(kind.Key) + (Reconnects / 10)).Select(static kind => $"{kind.Value} of {kind.Key}"));
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture, $"{Reconnects} reconnects under load: tasks without an end {before.Values.Sum()} before, {after.Values.Sum()} after"));
        await stop.CancelAsync();
        await load.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(before.Values.Sum() > 0, "No task is counted.");
        Assert.True(more.Length == 0, more);
        Assert.InRange(after.Values.Sum(), 0, before.Values.Sum() + (Reconnects / 4));
        await fixture.Cluster.DeleteQueueAsync(queue);
    }

    /// <summary>Waits until the broker, which tidies up in the background, has so many channels of the client.</summary>
    private async Task ChannelsAsync(int expected)
    {
        long start = Stopwatch.GetTimestamp();
        while (await ClientConnections.CountChannelsAsync(fixture.Cluster.Nodes[0], Reconnecting) is var found && found != expected)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"The broker has {found} channels of the client, not {expected}.");
            await Task.Delay(50);
        }
    }

    /// <summary>What the driver itself keeps for a connection that was reset.</summary>
    private async Task<long> MeasureDriverAsync(TcpProxy proxy)
    {
        var factory = new ConnectionFactory
        {
            HostName = proxy.Address.Host,
            Port = proxy.Address.Port,
            UserName = fixture.Cluster.UserName,
            Password = fixture.Cluster.Password,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
        };
        for (int warmUp = 0; warmUp < 20; warmUp++)
        {
            await ResetOnceAsync(factory, proxy);
        }

        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int count = 0; count < Reconnects; count++)
        {
            await ResetOnceAsync(factory, proxy);
        }

        return GC.GetTotalMemory(forceFullCollection: true) - before;
    }

    private static async Task ResetOnceAsync(ConnectionFactory factory, TcpProxy proxy)
    {
        IConnection connection = await factory.CreateConnectionAsync(TestContext.Current.CancellationToken);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, _) =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        IChannel channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        proxy.ResetAll();
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }

    private static async Task ReconnectAsync(RabbitClient client, TcpProxy proxy)
    {
        int before = proxy.AcceptedCount;
        proxy.ResetAll();
        await Until.TrueAsync(() => proxy.AcceptedCount >= before + 2 && client.Status.Connections.Count(static connection => connection.State == ConnectionState.Connected) >= 2, () => $"{client.Status}");
        long confirmed = client.Status.Publishing.Confirmed;
        await Until.TrueAsync(() => client.Status.Publishing.Confirmed > confirmed, () => $"{client.Status}");
    }

    /// <summary>Each connection is back, that for consuming as well, and nothing of the former ones is left.</summary>
    private static Task SettledAsync(RabbitClient client, TcpProxy proxy)
        => Until.TrueAsync(
            () => client.TeardownsRunning == 0 && client.Status.Connections.All(static connection => connection.State == ConnectionState.Connected) && proxy.ConnectionCount == client.Status.Connections.Count,
            () => $"{client.Status}, {client.TeardownsRunning} sessions are being torn down, {proxy.ConnectionCount} connections are open.");

    private static async Task PumpAsync(RabbitClient client, string queue, int key, CancellationToken cancellationToken)
    {
        for (int sequence = 0; !cancellationToken.IsCancellationRequested; sequence++)
        {
            await client.Publisher.PublishAsync("", queue, TestBody.Create($"k{key}", sequence), cancellationToken: CancellationToken.None);
        }
    }

    private async Task<string> NewQueueAsync()
    {
        string queue = "reconnects-" + Guid.NewGuid().ToString("N");
        await fixture.Cluster.RepairAsync();
        await fixture.Cluster.DeclareQueueAsync(queue, quorum: false);
        return queue;
    }

    private RabbitClient NewClient(ClusterAddress endpoint)
    {
        var options = new ResilientRabbitOptions { UserName = fixture.Cluster.UserName, Password = fixture.Cluster.Password };
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{endpoint.Host}:{endpoint.Port}"));
        options.ClientName = Reconnecting;
        options.ReconnectMaxDelay = TimeSpan.FromMilliseconds(200);

        // The load is on all lanes, so each has its channel.
        options.Publisher.PreserveOrder = false;
        return new RabbitClient(options, TestLog.Create());
    }
}

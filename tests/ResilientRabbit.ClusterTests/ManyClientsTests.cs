using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>Fifty clients of one cluster: what is harmless in one must not become a storm in all.</summary>
[Collection(ClusterGroup.Name)]
public sealed class ManyClientsTests(ClusterFixture fixture)
{
    private const int Many = 50;
    private const int Returning = 6;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FailBackDelay = TimeSpan.FromSeconds(2);

    /// <summary>Each connection looks round once in the delay and a quarter at most, and the attempt takes a moment.</summary>
    private static readonly TimeSpan FailBackTime = (1.25 * FailBackDelay) + TimeSpan.FromSeconds(1);

    private readonly List<RabbitClient> _clients = [];
    private readonly List<SteadyPublisher> _publishers = [];

    /// <remarks>
    /// The client with as many publish connections as there are nodes has two on one node while one is down, and is told to return. A client with fewer has nothing to return for.
    /// </remarks>
    [Fact]
    public async Task Fifty_clients_that_lose_one_node_of_three_do_not_storm_the_others_and_who_is_told_to_return_does()
    {
        IRabbitCluster cluster = fixture.Cluster;
        await cluster.RepairAsync();
        string queue = "many-" + Guid.NewGuid().ToString("N");
        await cluster.DeclareQueueAsync(queue, quorum: true);
        await using ProxyRow row = await ProxyRow.StartAsync(cluster), returning = await ProxyRow.StartAsync(cluster);
        try
        {
            Add(Many, row, queue, "many", static _ => { });
            Add(Returning, returning, queue, "returning", static options =>
            {
                options.Publisher.Connections = options.Publisher.Lanes = 3;
                options.FailBackDelay = FailBackDelay;
            });
            await Task.WhenAll(_clients.Select(static client => client.ConnectAsync(TestContext.Current.CancellationToken)));
            _publishers.ForEach(static publisher => publisher.Start());
            await Until.TrueAsync(() => _publishers.TrueForAll(static publisher => publisher.Confirmed >= 5), () => "Not every client publishes.");
            IRabbitNode victim = cluster.Nodes[1];
            int carried = row[1].ConnectionCount;
            Assert.InRange(carried, Many / 2, 2 * Many);
            await SpreadAsync();

            AttemptMeter meter = await KillAsync(victim, row);
            Assert.Equal(0, returning[1].ConnectionCount);
            (TimeSpan back, long returnedAt) = await ReturnAsync(victim, returning[1]);
            await Task.WhenAll(_publishers.Select(static publisher => publisher.StopAsync(TimeSpan.FromSeconds(130))));

            Verdict verdict = await CheckAsync(queue, _publishers);
            int sentAgain = _publishers.Sum(publisher => publisher.Sent.Count(message => message.Submitted > returnedAt && message.Attempts > 1));
            FaultReport.Write(string.Create(CultureInfo.InvariantCulture,
                $"{Many} clients, node with {carried} connections killed: {meter.InFirstSecond} attempts in the first second, at most {meter.MostInALaterSecond} in a later one, {meter.Count} in all; {Returning} others back on it {FaultReport.Milliseconds(back)} after its return, {sentAgain} messages sent again since | {verdict}"));
            Assert.True(verdict is { IsSafe: true, Failed: 0, Unknown: 0 }, $"{verdict}");
            Assert.True(back <= 3 * FailBackTime, $"Back after {back}.");
            Assert.InRange(meter.Count, carried, 4 * carried);
            Assert.InRange(meter.InFirstSecond, 1, 50);
            Assert.InRange(meter.MostInALaterSecond, 0, 10);
        }
        finally
        {
            await Task.WhenAll(_clients.Select(static client => client.DisposeAsync().AsTask()));
            await cluster.RepairAsync();
            await cluster.DeleteQueueAsync(queue);
        }
    }

    /// <summary>Kills the node and counts the attempts until some time after everybody publishes again.</summary>
    private async Task<AttemptMeter> KillAsync(IRabbitNode victim, ProxyRow row)
    {
        long killed = Stopwatch.GetTimestamp();
        var meter = new AttemptMeter(row.Proxies);
        await using (meter)
        {
            await victim.KillAsync();
            await Until.TrueAsync(() => _publishers.TrueForAll(publisher => publisher.HasConfirmedAfter(killed)), () => "Not every client publishes again.");

            // What comes late is looked for as well; nothing waits for it to be right.
            await Task.Delay(TimeSpan.FromSeconds(8));
        }

        return meter;
    }

    /// <summary>As each node says itself, everybody with as many publish connections as there are nodes has one there.</summary>
    private async Task SpreadAsync()
    {
        long start = Stopwatch.GetTimestamp();
        while (await FindMissingAsync() is { } missing)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"{missing} has no publish connection there.");
            await Task.Delay(50);
        }
    }

    private async Task<string?> FindMissingAsync()
    {
        foreach (IRabbitNode node in fixture.Cluster.Nodes)
        {
            IReadOnlyList<string> names = await ClientConnections.ListAsync(node);
            for (int number = 0; number < Returning; number++)
            {
                string prefix = string.Create(CultureInfo.InvariantCulture, $"returning-{number}:publish");
                if (!names.Any(name => name.StartsWith(prefix, StringComparison.Ordinal)))
                {
                    return $"{node.Name}: {prefix}";
                }
            }
        }

        return null;
    }

    /// <summary>Starts the node and waits until everybody who is told to return has a connection there again.</summary>
    private async Task<(TimeSpan Back, long ReturnedAt)> ReturnAsync(IRabbitNode victim, TcpProxy way)
    {
        await victim.StartAsync(TestContext.Current.CancellationToken);
        long returned = Stopwatch.GetTimestamp();
        await Until.TrueAsync(() => way.ConnectionCount >= Returning, () => $"{way.ConnectionCount} of {Returning} are back.");
        TimeSpan back = Stopwatch.GetElapsedTime(returned);
        await SpreadAsync();

        // Messages after the return, too, must be in order; nothing waits for this to be right.
        await Task.Delay(TimeSpan.FromSeconds(2));
        return (back, returned);
    }

    private void Add(int count, ProxyRow row, string queue, string name, Action<ResilientRabbitOptions> configure)
    {
        for (int number = 0; number < count; number++)
        {
            var options = new ResilientRabbitOptions
            {
                UserName = fixture.Cluster.UserName,
                Password = fixture.Cluster.Password,
                ClientName = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"),
            };
            row.AddTo(options.Endpoints);
            configure(options);
            _clients.Add(new RabbitClient(options, TestLog.Create()));
            _publishers.Add(new SteadyPublisher(_clients[^1], queue, options.ClientName, Pace));
        }
    }

    private async Task<Verdict> CheckAsync(string queue, IEnumerable<SteadyPublisher> publishers)
    {
        IReadOnlyList<DrainedMessage> drained = await fixture.Cluster.DrainAsync(queue);
        return HistoryChecker.Check([.. publishers.SelectMany(static publisher => publisher.Sent)], [.. drained.Select(TestBody.Read)]);
    }
}

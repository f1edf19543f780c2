using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>A queue on a healthy cluster, a client that declares and fills it, and what consumer tests need around that.</summary>
public sealed class ConsumeBench : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly IRabbitCluster _cluster;
    private readonly List<RabbitClient> _clients = [];

    private ConsumeBench(IRabbitCluster cluster, string name)
    {
        _cluster = cluster;
        Queue = string.Create(CultureInfo.InvariantCulture, $"{name}-{Guid.NewGuid().ToString("N")[..8]}");
        Client = NewClient(cluster.Nodes[0].Address);
    }

    public RabbitClient Client { get; }

    public string Queue { get; }

    public string Parking => Queue + ".dead-letter";

    public static async Task<ConsumeBench> StartAsync(IRabbitCluster cluster, QueueKind kind, string name)
    {
        await cluster.RepairAsync();
        var bench = new ConsumeBench(cluster, name);
        var builder = new TopologyBuilder();
        builder = kind == QueueKind.Quorum ? builder.QuorumQueue(bench.Queue) : builder.ClassicQueue(bench.Queue);
        await bench.Client.DeclareAsync(builder.Build(), TestContext.Current.CancellationToken);
        return bench;
    }

    public RabbitClient NewClient(ClusterAddress address, Action<ResilientRabbitOptions>? configure = null)
    {
        var options = new ResilientRabbitOptions { UserName = _cluster.UserName, Password = _cluster.Password };
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{address.Host}:{address.Port}"));
        configure?.Invoke(options);
        var client = new RabbitClient(options, TestLog.Create());
        _clients.Add(client);
        return client;
    }

    public async Task PublishAsync(string id, ReadOnlyMemory<byte> body = default, string? contentType = null)
        => await Client.Publisher.PublishAsync("", Queue, body, new MessageProperties { MessageId = id, ContentType = contentType }, TestContext.Current.CancellationToken);

    /// <summary>Publishes many at once, with the number as the id.</summary>
    public Task PublishManyAsync(int count, Func<int, byte[]>? body = null)
        => Task.WhenAll(Enumerable.Range(0, count).Select(number => PublishAsync(number.ToString(CultureInfo.InvariantCulture), body?.Invoke(number) ?? [])));

    /// <summary>What the queue holds, over a plain connection.</summary>
    public Task<IReadOnlyList<DrainedMessage>> DrainAsync(string queue) => _cluster.DrainAsync(queue);

    public Task<long> CountAsync(string queue) => _cluster.GetMessageCountAsync(queue);

    public static async Task UntilAsync(Func<bool> condition, Func<string> describe)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, describe());
            await Task.Delay(10);
        }
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> describe)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, describe());
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RabbitClient client in _clients)
        {
            await client.DisposeAsync();
        }

        await _cluster.DeleteQueueAsync(Queue);
        await _cluster.DeleteQueueAsync(Parking);
    }
}

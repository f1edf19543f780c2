using System.Globalization;
using RabbitMQ.Client;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>A filled queue at the near site, an empty one at the far site, and the clients of a bridge between them.</summary>
public sealed class BridgeBench : IAsyncDisposable
{
    private const int BodySize = 256;
    private readonly TwoSites _sites;

    private BridgeBench(TwoSites sites, string name)
    {
        _sites = sites;
        Queue = $"{name}-{Guid.NewGuid().ToString("N")[..8]}";
        Near = NewClient(sites.Near.Nodes.Select(static node => node.Address));
        Far = NewClient(sites.ToFar.Addresses);
    }

    /// <summary>The name of the queue, on both sides.</summary>
    public string Queue { get; }

    public RabbitClient Near { get; }

    /// <summary>Reaches the far site over the line.</summary>
    public RabbitClient Far { get; }

    public static async Task<BridgeBench> StartAsync(TwoSites sites, string name, int count)
    {
        await sites.Near.RepairAsync();
        await sites.Far.RepairAsync();
        var bench = new BridgeBench(sites, name);
        await sites.Near.DeclareQueueAsync(bench.Queue, quorum: false);
        await sites.Far.DeclareQueueAsync(bench.Queue, quorum: false);
        await sites.Near.WaitUntilSynchronisedAsync(bench.Queue);
        await bench.FillAsync(count);
        return bench;
    }

    public static RabbitClient NewClient(IEnumerable<ClusterAddress> addresses, Action<ResilientRabbitOptions>? configure = null)
    {
        var options = new ResilientRabbitOptions { Heartbeat = TimeSpan.FromSeconds(5) };
        foreach (ClusterAddress address in addresses)
        {
            options.Endpoints.Add(address.ToString());
        }

        configure?.Invoke(options);
        return new RabbitClient(options, TestLog.Create());
    }

    public static string IdOf(int number) => number.ToString("D7", CultureInfo.InvariantCulture);

    public async Task<MessageBridge> BridgeAsync(int prefetch)
    {
        var bridge = new MessageBridge(Near, Far, new MessageBridgeOptions { Name = "test", Queue = Queue, Exchange = "", RoutingKey = Queue, Prefetch = prefetch }, TestLog.Create());
        await bridge.StartAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return bridge;
    }

    /// <summary>Confirmed messages with ids in order, so that nothing before the bridge can be the cause of a duplicate.</summary>
    public async Task FillAsync(int count)
    {
        byte[] body = new byte[BodySize];
        for (int first = 0; first < count; first += 1000)
        {
            OutboundMessage[] batch = [.. Enumerable.Range(first, Math.Min(1000, count - first)).Select(number => new OutboundMessage
            {
                Exchange = "",
                RoutingKey = Queue,
                Body = body,
                Properties = new MessageProperties { MessageId = IdOf(number) },
            })];
            PublishBatchResult result = await Near.Publisher.PublishBatchAsync(batch);
            Assert.True(result.AllConfirmed);
        }
    }

    /// <summary>Messages of the near queue that nobody holds.</summary>
    public async Task<uint> ReadyAsync()
    {
        ClusterAddress address = _sites.Near.Nodes.First(static node => node.IsRunning).Address;
        var factory = new ConnectionFactory { HostName = address.Host, Port = address.Port, UserName = _sites.Near.UserName, Password = _sites.Near.Password, AutomaticRecoveryEnabled = false };
        await using IConnection connection = await factory.CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        return (await channel.QueueDeclarePassiveAsync(Queue)).MessageCount;
    }

    /// <summary>Takes what has arrived and checks it: all of it, in the order of the first copies, each further copy marked.</summary>
    /// <returns>How many copies beyond the first there were.</returns>
    public async Task<int> CheckArrivedAsync(int count)
    {
        IReadOnlyList<DrainedMessage> arrived = await _sites.Far.DrainAsync(Queue);
        Dictionary<string, bool> isMarked = new(StringComparer.Ordinal);
        List<string> firsts = [];
        HashSet<string> repeated = new(StringComparer.Ordinal);
        foreach (DrainedMessage message in arrived)
        {
            bool marked = message.Headers.ContainsKey("x-publish-attempt") || message.Headers.ContainsKey("x-bridge-redelivered");
            if (isMarked.TryAdd(message.MessageId!, marked))
            {
                firsts.Add(message.MessageId!);
            }
            else
            {
                repeated.Add(message.MessageId!);
                isMarked[message.MessageId!] |= marked;
            }
        }

        Assert.Equal(count, firsts.Count);
        Assert.Equal([.. Enumerable.Range(0, count).Select(IdOf)], firsts);
        Assert.DoesNotContain(repeated, id => !isMarked[id]);
        return arrived.Count - count;
    }

    public async ValueTask DisposeAsync()
    {
        await Near.DisposeAsync();
        await Far.DisposeAsync();
        await _sites.Near.DeleteQueueAsync(Queue);
        await _sites.Far.DeleteQueueAsync(Queue);
        await _sites.Near.DeleteQueueAsync($"{Queue}.dead-letter");
        await _sites.Near.DeleteQueueAsync($"{Queue}.retry.5000");
    }
}

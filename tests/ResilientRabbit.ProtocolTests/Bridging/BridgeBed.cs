using System.Collections.Concurrent;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Bridging;

/// <summary>Two brokers with a client each, and bridges between them. The queue is "q" on both sides.</summary>
public sealed class BridgeBed : IAsyncDisposable
{
    private readonly List<MessageBridge> _bridges = [];

    private BridgeBed(Bed near, Bed far)
    {
        Near = near;
        Far = far;
        NearClient = near.NewClient();
        FarClient = far.NewClient(static options => options.Publisher.ConfirmStallTimeout = TimeSpan.FromSeconds(20));
    }

    public Bed Near { get; }

    public Bed Far { get; }

    public RabbitClient NearClient { get; }

    public RabbitClient FarClient { get; }

    public static async Task<BridgeBed> StartAsync() => new(await Bed.StartAsync(), await Bed.StartAsync());

    /// <summary>Starts a bridge from "q" of the near broker to "q" of the far one.</summary>
    public Task<MessageBridge> BridgeAsync(Action<MessageBridgeOptions>? configure = null) => BridgeAsync(NearClient, FarClient, configure);

    public async Task<MessageBridge> BridgeAsync(RabbitClient source, RabbitClient target, Action<MessageBridgeOptions>? configure = null)
    {
        var options = new MessageBridgeOptions { Name = "near-far", Queue = Bed.Queue, Exchange = "", RoutingKey = Bed.Queue };
        configure?.Invoke(options);
        var bridge = new MessageBridge(source, target, options);
        _bridges.Add(bridge);
        await bridge.StartAsync().WaitAsync(Bed.Patience);
        return bridge;
    }

    /// <summary>Publishes at the near side and waits for the confirms.</summary>
    public Task FillAsync(int count, int first = 0) => Bed.AllAsync(Bed.Publish(NearClient, count, first));

    /// <summary>Messages of the source queue, with those that are delivered and not acknowledged.</summary>
    public int Unsettled() => Near.Broker.Queue(Bed.Queue) is { } queue ? queue.Messages + queue.Unacked : 0;

    /// <summary>Waits until nothing is left at the source.</summary>
    public Task EmptyAsync() => Bed.UntilAsync(() => Near.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "an empty source queue");

    /// <summary>Ends the silence of the far broker. What it did not confirm is lost with the session, and nothing is confirmed in between.</summary>
    public void ResumeConfirms(FaultHandle silent)
    {
        Far.Line.RefuseConnections();
        Far.Line.ResetConnections();
        silent.Cancel();
        Far.Line.AcceptConnections();
    }

    /// <summary>What a consumer of the far side gets, in order.</summary>
    public async Task<IReadOnlyList<(string? Id, MessageProperties Properties, string RoutingKey)>> TakeAsync(int count, RabbitClient? client = null, string queue = Bed.Queue)
    {
        var taken = new ConcurrentQueue<(string?, MessageProperties, string)>();
        ISubscription subscription = await (client ?? FarClient).SubscribeAsync(
            queue,
            new LambdaHandler(message =>
            {
                taken.Enqueue((message.MessageId, message.Properties, message.RoutingKey));
                return Settlement.Ack;
            }));
        await Bed.UntilAsync(() => taken.Count >= count, $"{count} messages of {queue}");
        await subscription.StopAsync();
        Assert.Equal(count, taken.Count);
        return [.. taken];
    }

    public async ValueTask DisposeAsync()
    {
        Near.Faults.CancelAll();
        Far.Faults.CancelAll();
        foreach (MessageBridge bridge in _bridges)
        {
            await bridge.DisposeAsync();
        }

        await Near.DisposeAsync();
        await Far.DisposeAsync();
    }
}

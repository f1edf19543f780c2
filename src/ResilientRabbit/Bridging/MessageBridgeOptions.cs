namespace ResilientRabbit;

/// <summary>Configures a <see cref="MessageBridge"/>.</summary>
/// <remarks>The values are copied when the bridge is built; changing them afterwards has no effect. Not thread-safe.</remarks>
public sealed class MessageBridgeOptions
{
    /// <summary>Gets or sets the name of the bridge. It is written into the messages (<c>x-bridged-by</c>), so it must stay the same over restarts, be the same in all copies of the process, and be no other bridge's.</summary>
    /// <value>Empty by default; a name is needed, 1 to 255 bytes of UTF-8.</value>
    public string Name { get; set; } = "";

    /// <summary>Gets or sets the queue of the source client that is read.</summary>
    /// <value>Empty by default; a queue is needed.</value>
    public string Queue { get; set; } = "";

    /// <summary>Gets or sets the name under which the client of the far side is registered. Only for <c>AddBridge</c>.</summary>
    /// <value><see langword="null"/> by default: the client without a name.</value>
    public string? TargetClient { get; set; }

    /// <summary>Gets or sets the exchange of the far side; empty for its default exchange, where <see cref="RoutingKey"/> is the name of a queue.</summary>
    /// <value><see langword="null"/> by default: the exchange to which each message was published on the source side.</value>
    public string? Exchange { get; set; }

    /// <summary>Gets or sets the routing key at the far side.</summary>
    /// <value><see langword="null"/> by default: the routing key with which each message was published on the source side.</value>
    public string? RoutingKey { get; set; }

    /// <summary>Gets or sets a value indicating whether the messages arrive in the order of the source queue. They then share one lane of the far side's publisher; otherwise they are spread over all lanes.</summary>
    /// <value><see langword="true"/> by default. As with every publisher no order is promised for a message that was nacked, and one that was retried comes later.</value>
    public bool PreserveOrder { get; set; } = true;

    /// <summary>Gets or sets the window: how many messages are at most taken from the source queue and not acknowledged there.</summary>
    /// <value>1,000 by default; 1 to 65,535. Over a round trip of 40 ms this allows up to some 20,000 messages a second.</value>
    public int Prefetch { get; set; } = 1000;

    /// <summary>Gets or sets how many bytes of message bodies may be with the far side's publisher without an answer. One message may be larger: it goes alone. What the broker has delivered beyond it waits in this process, at most <see cref="Prefetch"/> messages.</summary>
    /// <value>32 MiB by default; 1 byte to 1 TiB.</value>
    public long WindowBytes { get; set; } = 32L * 1024 * 1024;

    /// <summary>Gets or sets how long one message may wait for the far side's confirm, outages included. After that it goes back to the source queue, a second later.</summary>
    /// <value><see langword="null"/> by default: as long as it takes (24 days). A limit costs the order of the messages that reach it. Otherwise above zero, at most 24 days.</value>
    public TimeSpan? DeliveryTimeout { get; set; }

    /// <summary>Gets or sets what becomes of a message that the far side will not take. It is never acknowledged without a confirmed copy on the source side.</summary>
    /// <value><see cref="BridgeRefusal.Park"/> by default.</value>
    public BridgeRefusal OnRefused { get; set; } = BridgeRefusal.Park;

    /// <summary>Gets or sets how often a refused message is tried, the first time included, before it is parked; only with <see cref="BridgeRefusal.Retry"/>.</summary>
    /// <value>5 by default; at least 1.</value>
    public int RetryLimit { get; set; } = 5;

    /// <summary>Gets or sets how long a refused message rests before it is tried again; only with <see cref="BridgeRefusal.Retry"/>. The SDK declares the queue of it, named after the source queue, <c>.retry.</c> and the milliseconds, when the bridge starts.</summary>
    /// <value>5 seconds by default; 1 millisecond to 49 days.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the name of the durable queue on the source side that the SDK declares, when the bridge starts, for messages that are parked with the reason.</summary>
    /// <value><see langword="null"/> by default: the source queue's name followed by <c>.dead-letter</c>.</value>
    public string? ParkingQueue { get; set; }

    /// <summary>Gets or sets what becomes of a message that has passed this bridge before, or more bridges than <see cref="MaxHops"/>.</summary>
    /// <value><see cref="BridgeLoop.Drop"/> by default.</value>
    public BridgeLoop OnLoop { get; set; } = BridgeLoop.Drop;

    /// <summary>Gets or sets how many bridges a message may have passed when it has arrived at the far side of this one, as the <c>max-hops</c> of a federation upstream. 1 keeps two bridges in opposite directions from sending each other what they got.</summary>
    /// <value><see langword="null"/> by default: no limit. At least 1.</value>
    public int? MaxHops { get; set; }

    /// <summary>Gets or sets a value indicating whether the far side gets the expiration of the message; it begins anew there.</summary>
    /// <value><see langword="true"/> by default.</value>
    public bool KeepExpiration { get; set; } = true;

    /// <summary>Gets or sets what gives a message that came without message-id one that is the same at each of its deliveries, for example from its body. Called in the order of the queue; it must be quick.</summary>
    /// <value><see langword="null"/> by default: such a message gets a new id each time it is forwarded, so that the far side cannot recognise its duplicates by the id.</value>
    public Func<ReceivedMessage, string?>? MessageId { get; set; }

    /// <summary>Gets or sets what changes properties and headers of the copy before it is published. Called in the order of the queue; it must be quick. A message for which it throws is treated as refused.</summary>
    /// <value><see langword="null"/> by default: nothing is changed.</value>
    public Action<ReceivedMessage, MessageProperties>? Rewrite { get; set; }

    /// <summary>Gets or sets how long stopping waits for the confirms of what was forwarded.</summary>
    /// <value>10 seconds by default.</value>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(10);
}

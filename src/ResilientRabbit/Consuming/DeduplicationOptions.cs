namespace ResilientRabbit;

/// <summary>Configures how a subscription recognizes messages that were handled before.</summary>
/// <remarks>
/// A message is recorded when its handler has returned <see cref="Settlement.Ack"/>, even when that acknowledgement could not be sent any more; a later copy is acknowledged without a
/// handler run. While one copy is being handled, another one waits for its result. Delivery stays at least once: what was forgotten (count, age, end of the process with the store in
/// memory) is handled again. The values are copied when the subscription starts. Not thread-safe.
/// </remarks>
public sealed class DeduplicationOptions
{
    /// <summary>Gets or sets how many messages the store in memory remembers.</summary>
    /// <value>100,000 by default; 1 to 10,000,000. Each takes about 200 bytes. Not used with a <see cref="Store"/> of your own.</value>
    public int Capacity { get; set; } = 100_000;

    /// <summary>Gets or sets how long the store in memory remembers a message.</summary>
    /// <value>10 minutes by default; above zero. Not used with a <see cref="Store"/> of your own.</value>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Gets or sets where handled messages are remembered.</summary>
    /// <value><see langword="null"/> by default: in memory, for each subscription by itself. A store may serve several subscriptions.</value>
    public IDeduplicationStore? Store { get; set; }

    /// <summary>Gets or sets what makes two messages copies of each other. A message without a key is always handled.</summary>
    /// <value><see langword="null"/> by default: the publisher's app-id and the message-id together; none without a message-id.</value>
    public Func<ReceivedMessage, string?>? Key { get; set; }
}

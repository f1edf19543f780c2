namespace ResilientRabbit.Testing.Server;

/// <summary>Who gets the replies of direct reply-to.</summary>
internal sealed class ReplyToRegistry
{
    private readonly Dictionary<string, ChannelConsuming> _consumers = new(StringComparer.Ordinal);

    public bool Exists(string name) => _consumers.ContainsKey(name);

    public void Add(string name, ChannelConsuming consumer) => _consumers.Add(name, consumer);

    public void Remove(string name) => _consumers.Remove(name);

    /// <summary>Delivers a message whose routing keys name reply consumers. They are no queues: for routing it went nowhere.</summary>
    public void Deliver(StoredMessage message)
    {
        if (_consumers.Count == 0)
        {
            return;
        }

        foreach (string key in message.ExtraKeys.Prepend(message.RoutingKey).Distinct(StringComparer.Ordinal))
        {
            if (_consumers.TryGetValue(key, out ChannelConsuming? consumer))
            {
                consumer.DeliverReply(message);
            }
        }
    }
}

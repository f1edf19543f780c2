using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>Words of the test about queues and messages.</summary>
internal static class BrokerWords
{
    public static int Publish(ClusterHost host, BrokerMessage message, string virtualHost) => host.Turn((host, message, virtualHost), static word =>
    {
        VirtualHost found = Find(word.host, word.virtualHost);
        Exchange exchange = found.FindExchange(word.message.Exchange)
            ?? throw new InvalidOperationException($"There is no {Resource.Text(Resource.Exchange, word.message.Exchange, found.Name)}.");
        StoredMessage stored = StoredMessage.Create(exchange.Name, word.message.RoutingKey, Properties(word.message), word.message.Body.Span, []);
        IReadOnlyList<Queue> queues = exchange.Route(stored);
        foreach (Queue queue in queues)
        {
            queue.Publish(stored, ticket: null);
        }

        return queues.Count;
    });

    public static bool DeleteQueue(ClusterHost host, string queue, string virtualHost) => host.Turn((host, queue, virtualHost), static word =>
    {
        Queue? found = word.host.Model.FindVirtualHost(word.virtualHost)?.FindQueue(word.queue);
        found?.VirtualHost.DeleteQueue(found);
        return found is not null;
    });

    public static int CancelConsumers(ClusterHost host, string queue, string virtualHost) => host.Turn((host, queue, virtualHost), static word =>
    {
        Queue? found = word.host.Model.FindVirtualHost(word.virtualHost)?.FindQueue(word.queue);
        return found is null ? 0 : ClusterRules.CancelConsumers(found, static _ => true);
    });

    public static void SetPolicy(ClusterHost host, Policy policy, string virtualHost) =>
        host.Turn((host, policy, virtualHost), static word => Find(word.host, word.virtualHost).SetPolicy(word.policy));

    public static bool RemovePolicy(ClusterHost host, string policy, string virtualHost) =>
        host.Turn((host, policy, virtualHost), static word => Find(word.host, word.virtualHost).RemovePolicy(word.policy));

    private static VirtualHost Find(ClusterHost host, string virtualHost) => host.Model.FindVirtualHost(virtualHost)
        ?? throw new InvalidOperationException($"There is no virtual host '{virtualHost}'.");

    private static ContentProperties Properties(BrokerMessage message) => new()
    {
        Headers = message.Headers is { } headers ? PublicValues.ToWire(headers) : null,
        MessageId = message.MessageId,
        CorrelationId = message.CorrelationId,
        ReplyTo = message.ReplyTo,
        ContentType = message.ContentType,
        Type = message.Type,
        Priority = message.Priority,
        Expiration = message.Expiration,
        DeliveryMode = message.IsPersistent ? (byte)2 : (byte)1,
    };
}

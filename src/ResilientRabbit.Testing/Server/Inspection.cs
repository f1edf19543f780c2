using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>What a test may see of the broker. Copies, taken between two turns.</summary>
internal static class Inspection
{
    public static IReadOnlyList<ConnectionInfo> Connections(BrokerNode node) =>
        node.Host.Read(() => node.Connections().OrderBy(static connection => connection.Number).Select(Describe).ToArray());

    public static IReadOnlyList<QueueInfo> Queues(ClusterHost host, string virtualHost) => host.Read(() =>
        host.Model.FindVirtualHost(virtualHost)?.Queues.OrderBy(static queue => queue.Name, StringComparer.Ordinal).Select(Describe).ToArray() ?? []);

    public static QueueInfo? Queue(ClusterHost host, string name, string virtualHost) =>
        host.Read(() => host.Model.FindVirtualHost(virtualHost)?.FindQueue(name) is { } queue ? Describe(queue) : null);

    public static IReadOnlyList<ExchangeInfo> Exchanges(ClusterHost host, string virtualHost) => host.Read(() =>
        host.Model.FindVirtualHost(virtualHost)?.Exchanges.OrderBy(static exchange => exchange.Name, StringComparer.Ordinal)
            .Select(exchange => new ExchangeInfo(
                exchange.Name, virtualHost, exchange.Type, exchange.IsDurable, exchange.IsAutoDelete, exchange.IsInternal, exchange.Arguments))
            .ToArray() ?? []);

    public static IReadOnlyList<BindingInfo> Bindings(ClusterHost host, string virtualHost) => host.Read(() =>
        host.Model.FindVirtualHost(virtualHost)?.Exchanges.OrderBy(static exchange => exchange.Name, StringComparer.Ordinal)
            .SelectMany(static exchange => exchange.Bindings)
            .Select(binding => new BindingInfo(
                virtualHost, binding.Source.Name, binding.Destination, binding.Exchange is not null, binding.RoutingKey, binding.Arguments))
            .ToArray() ?? []);

    public static IReadOnlyList<BrokerMessage> Messages(ClusterHost host, string queue, string virtualHost) => host.Read(() =>
        host.Model.FindVirtualHost(virtualHost)?.FindQueue(queue) is { } found
            ? found.Unacked.Select(static entry => Describe(entry, unacked: true)).Concat(found.Ready.Select(static entry => Describe(entry, unacked: false))).ToArray()
            : []);

    private static ConnectionInfo Describe(ServerConnection connection) => new(
        connection.Number,
        connection.Name,
        connection.ClientProperties.TryGetValue("connection_name", out object? name) ? name as string : null,
        connection.User?.Name,
        connection.Stage == ConnectionStage.Running ? connection.VirtualHost.Name : null,
        connection.Stage == ConnectionStage.Running,
        connection.IsBlocked,
        connection.Channels.Count(static channel => channel.State == ChannelState.Open),
        connection.Channels.Sum(static channel => channel.Consuming.Consumers.Count),
        connection.Channels.Sum(static channel => channel.Consuming.Unacked),
        connection.ClientProperties);

    private static QueueInfo Describe(Queue queue) => new(
        queue.Name,
        queue.VirtualHost.Name,
        queue.Settings.IsQuorum ? "quorum" : "classic",
        queue.IsDurable,
        queue.Owner is not null,
        queue.IsAutoDelete,
        queue.ReadyCount,
        queue.UnackedCount,
        queue.Consumers.Count,
        queue.Placement.Leader.Name,
        [.. queue.Placement.Members.Select(static member => member.Name)],
        queue.State == QueueState.Running,
        queue.Settings.Arguments,
        queue.Policy?.Source.Name);

    private static BrokerMessage Describe(QueueEntry entry, bool unacked)
    {
        var message = (StoredMessage)entry.Message;
        ContentProperties properties = message.Properties;
        return new BrokerMessage
        {
            Exchange = message.Exchange,
            RoutingKey = message.RoutingKey,
            Body = message.BodyMemory,
            Headers = properties.Headers is { } headers ? PublicValues.Table(headers) : null,
            MessageId = properties.MessageId,
            CorrelationId = properties.CorrelationId,
            ReplyTo = properties.ReplyTo,
            ContentType = properties.ContentType,
            Type = properties.Type,
            Priority = properties.Priority,
            Expiration = properties.Expiration,
            IsPersistent = message.IsPersistent,
            Redelivered = entry.Redelivered,
            IsUnacked = unacked,
        };
    }
}

namespace ResilientRabbit;

/// <summary>A destination whose queue's leader is asked for.</summary>
/// <param name="VirtualHost">The virtual host of the client.</param>
/// <param name="Exchange">The exchange; empty for the default exchange, where the routing key is the queue's name.</param>
/// <param name="RoutingKey">The routing key.</param>
public sealed record QueueLeaderQuery(string VirtualHost, string Exchange, string RoutingKey);

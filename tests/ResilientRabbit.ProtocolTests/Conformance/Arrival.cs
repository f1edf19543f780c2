using RabbitMQ.Client;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>One delivery.</summary>
public sealed record Arrival(string ConsumerTag, ulong DeliveryTag, bool Redelivered, string Exchange, string RoutingKey, IReadOnlyBasicProperties Properties, string Body);

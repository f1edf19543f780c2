using RabbitMQ.Client;

namespace ResilientRabbit.Connections;

/// <summary>One copy of a message on its way to the wire.</summary>
/// <param name="Exchange">At most 255 bytes of UTF-8; checked before.</param>
/// <param name="RoutingKey">At most 255 bytes of UTF-8; checked before.</param>
/// <param name="Mandatory">Whether an unroutable message is returned.</param>
/// <param name="Plain">The properties, when there are no others.</param>
/// <param name="Properties">The properties, with the publish id among the headers; null: <paramref name="Plain"/> is all.</param>
/// <param name="Body">The message's content.</param>
internal readonly record struct OutgoingPublish(
    string Exchange, string RoutingKey, bool Mandatory, PlainProperties Plain, BasicProperties? Properties, ReadOnlyMemory<byte> Body);

using RabbitMQ.Client;

namespace ResilientRabbit.Connections;

/// <summary>One copy of a message on its way to the wire.</summary>
/// <param name="Exchange">At most 255 bytes of UTF-8; checked before.</param>
/// <param name="RoutingKey">At most 255 bytes of UTF-8; checked before.</param>
/// <param name="Mandatory">Whether an unroutable message is returned.</param>
/// <param name="Properties">With the publish id among the headers.</param>
/// <param name="PlainId">The publish id when the properties are nothing but that, a delivery mode and a message-id, which is encoded faster; otherwise 0.</param>
/// <param name="Body">The message's content.</param>
internal readonly record struct OutgoingPublish(
    string Exchange, string RoutingKey, bool Mandatory, BasicProperties Properties, long PlainId, ReadOnlyMemory<byte> Body);

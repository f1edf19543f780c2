namespace ResilientRabbit.Connections;

/// <summary>One message as the broker delivered it.</summary>
/// <param name="Tag">The delivery tag.</param>
/// <param name="Redelivered">The broker's flag.</param>
/// <param name="ConsumerTag">The consumer it is for; empty for the answer to <c>basic.get</c>.</param>
/// <param name="Exchange">The exchange it was published to.</param>
/// <param name="RoutingKey">The key it was published with.</param>
/// <param name="Properties">The properties as they came, flags first; empty when there are none or they cannot be read. Copy what is needed after the call: the next delivery overwrites them.</param>
/// <param name="IsReadable">False when the properties cannot be read: see <see cref="PropertiesCheck"/>.</param>
/// <param name="Buffer">The body in an array from the shared pool, which now belongs to the receiver; null when it is empty.</param>
/// <param name="BodyLength">How much of the buffer is the body.</param>
/// <param name="TooLarge">The size of a body that exceeds the limit and was therefore thrown away as it came, in bytes; 0 otherwise.</param>
internal readonly record struct IncomingDelivery(
    ulong Tag, bool Redelivered, string ConsumerTag, string Exchange, string RoutingKey, ReadOnlyMemory<byte> Properties, bool IsReadable, byte[]? Buffer, int BodyLength, long TooLarge = 0);

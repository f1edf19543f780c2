namespace ResilientRabbit.Connections;

/// <summary>All the properties of the usual message, which are encoded without the driver's object.</summary>
/// <param name="PublishId">The only header.</param>
/// <param name="MessageId">At most 255 bytes of UTF-8.</param>
/// <param name="IsPersistent">The delivery mode.</param>
internal readonly record struct PlainProperties(long PublishId, string MessageId, bool IsPersistent);

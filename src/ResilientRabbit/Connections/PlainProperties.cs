namespace ResilientRabbit.Connections;

/// <summary>All the properties of the usual message, which are encoded without the driver's object.</summary>
/// <param name="PublishId">The only header.</param>
/// <param name="MessageId">At most 255 bytes of UTF-8; null: made by <paramref name="Ids"/> from the publish id.</param>
/// <param name="Ids">Makes the message-id when none was given.</param>
/// <param name="IsPersistent">The delivery mode.</param>
internal readonly record struct PlainProperties(long PublishId, string? MessageId, MessageIds? Ids, bool IsPersistent);

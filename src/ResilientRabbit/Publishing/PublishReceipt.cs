namespace ResilientRabbit;

/// <summary>Proves that the broker has confirmed a message.</summary>
/// <param name="MessageId">The message-id that every copy of the message carries.</param>
/// <param name="Attempts">How many copies were written, at least 1. More than one copy may be stored when it is greater than 1.</param>
/// <param name="Nacks">How many of the copies the broker nacked before it confirmed one. The order of a key is promised only for messages without nacks.</param>
public readonly record struct PublishReceipt(string MessageId, int Attempts, int Nacks);

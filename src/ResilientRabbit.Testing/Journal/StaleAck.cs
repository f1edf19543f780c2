namespace ResilientRabbit.Testing;

/// <summary>A client acknowledged, refused or rejected what is not there to be settled: a tag of another incarnation of the channel, or one settled before.</summary>
/// <param name="Ack">What the client sent.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record StaleAck(JournalEntry Ack, string Reason);

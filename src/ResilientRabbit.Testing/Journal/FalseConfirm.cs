namespace ResilientRabbit.Testing;

/// <summary>A message that an application took for confirmed though the wire does not say so.</summary>
/// <param name="MessageId">The message.</param>
/// <param name="Reason">What the wire says.</param>
/// <param name="Publishes">Its copies on the wire.</param>
public sealed record FalseConfirm(string MessageId, string Reason, IReadOnlyList<JournalEntry> Publishes);

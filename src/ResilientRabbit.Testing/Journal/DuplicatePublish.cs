namespace ResilientRabbit.Testing;

/// <summary>A message that went over the wire more than once.</summary>
/// <param name="MessageId">The message.</param>
/// <param name="Copies">Its copies, in the order in which they came.</param>
/// <param name="IsMarked">
/// Whether at most one copy lacks the header <c>x-publish-attempt</c>: then a receiver can tell of any two copies that they are copies. The copy
/// without it need not be the first to arrive.
/// </param>
public sealed record DuplicatePublish(string MessageId, IReadOnlyList<JournalEntry> Copies, bool IsMarked);

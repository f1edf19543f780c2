namespace ResilientRabbit.Testing;

/// <summary>A message that came for the first time after a later one of its key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Earlier">The message with the higher place, which came first.</param>
/// <param name="Later">The message with the lower place, which came after it.</param>
public sealed record OrderBreak(string Key, JournalEntry Earlier, JournalEntry Later);

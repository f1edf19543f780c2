namespace ResilientRabbit.Testing.Journal;

/// <summary>Where a record begins.</summary>
internal readonly record struct JournalPlace(long Chunk, int Offset);

namespace ResilientRabbit.Testing.Wire;

/// <summary>Something to do when the bytes before <paramref name="Offset"/> are written and none of those after it.</summary>
internal readonly record struct OutboxMark(int Offset, OutboxMarkKind Kind);

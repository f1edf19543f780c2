namespace ResilientRabbit.Testing.Wire;

/// <summary>A time stamp of a field table: seconds since 1970, kept as they came because a peer may send any 64 bits.</summary>
internal readonly record struct AmqpTimestamp(ulong Seconds);

namespace ResilientRabbit.Testing.Wire;

/// <summary>A long string whose bytes are no UTF-8: kept as bytes, so that it leaves as it came.</summary>
internal readonly record struct AmqpLongString(byte[] Bytes);

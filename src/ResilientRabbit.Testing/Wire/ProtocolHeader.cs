namespace ResilientRabbit.Testing.Wire;

/// <summary>What a client sends first: "AMQP", a protocol id and a version.</summary>
internal readonly record struct ProtocolHeader(bool IsAmqp, byte Id, byte Major, byte Minor, byte Revision)
{
    public const int Size = 8;

    /// <summary>The header of AMQP 0-9-1, which is also a server's answer to any other.</summary>
    public static ReadOnlySpan<byte> Amqp091 => "AMQP\x00\x00\x09\x01"u8;

    public bool IsAmqp091 => this is { IsAmqp: true, Id: 0, Major: 0, Minor: 9, Revision: 1 };

    public static ProtocolHeader From(ReadOnlySpan<byte> bytes) => new(bytes.StartsWith("AMQP"u8), bytes[4], bytes[5], bytes[6], bytes[7]);
}

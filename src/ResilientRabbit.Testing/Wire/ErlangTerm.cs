using System.Text;

namespace ResilientRabbit.Testing.Wire;

/// <summary>Bytes as Erlang prints them: they stand in some of RabbitMQ's texts.</summary>
internal static class ErlangTerm
{
    /// <summary>As <c>~w</c>: numbers.</summary>
    public static string Numbers(ReadOnlySpan<byte> bytes) => $"<<{string.Join(',', bytes.ToArray())}>>";

    /// <summary>As <c>~p</c>: a text where all of it can be printed, otherwise numbers.</summary>
    public static string Pretty(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 0 && !bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? $"<<\"{Encoding.ASCII.GetString(bytes)}\">>" : Numbers(bytes);

    /// <summary>How RabbitMQ describes a frame that it does not like.</summary>
    public static string Describe(byte type, ReadOnlySpan<byte> payload) =>
        $"type {type}, {(payload.Length <= 16 ? "all" : "first 16")} octets = {Pretty(payload[..Math.Min(16, payload.Length)])}";
}

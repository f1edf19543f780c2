namespace ResilientRabbit.Testing.Wire;

/// <summary>Bytes as Erlang prints them in RabbitMQ's texts.</summary>
internal static class ErlangText
{
    /// <summary>As numbers: <c>&lt;&lt;0,1&gt;&gt;</c>.</summary>
    public static string Bytes(ReadOnlySpan<byte> bytes)
    {
        // A reply text holds 255 bytes: what would be cut off need not be printed.
        byte[] shown = bytes[..Math.Min(bytes.Length, 256)].ToArray();
        return $"<<{string.Join(',', shown)}>>";
    }

    /// <summary>A frame that RabbitMQ does not like.</summary>
    public static string Frame(byte type, ReadOnlySpan<byte> payload) =>
        $"type {type}, {(payload.Length <= 16 ? "all" : "first 16")} octets = {Binary(payload[..Math.Min(16, payload.Length)])}";

    /// <summary>As text when all of it is printable: <c>&lt;&lt;"abc"&gt;&gt;</c>; otherwise as numbers.</summary>
    public static string Binary(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes.IndexOfAnyExceptInRange((byte)' ', (byte)'~') >= 0)
        {
            return Bytes(bytes);
        }

        string text = System.Text.Encoding.ASCII.GetString(bytes).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"<<\"{text}\">>";
    }
}

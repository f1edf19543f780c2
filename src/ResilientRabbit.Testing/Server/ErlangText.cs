namespace ResilientRabbit.Testing.Server;

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

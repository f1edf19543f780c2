namespace ResilientRabbit.Testing.Proxy;

/// <summary>The first bytes of a client: do they begin like AMQP?</summary>
internal static class ProtocolStart
{
    private static ReadOnlySpan<byte> Amqp => "AMQP"u8;

    /// <summary>Reads until it can be told.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] start = new byte[4];
        int read = 0;
        while (read < start.Length && Amqp.StartsWith(start.AsSpan(0, read)))
        {
            int count = await stream.ReadAsync(start.AsMemory(read), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                break;
            }

            read += count;
        }

        return start.AsMemory(0, read);
    }

    public static bool IsAmqp(ReadOnlySpan<byte> start) => start.SequenceEqual(Amqp);
}

using System.Threading.Channels;
using ResilientRabbit.Testing.Faults;

namespace ResilientRabbit.Testing.Proxy;

/// <summary>Moves bytes from a stream until it ends.</summary>
internal static class Pump
{
    private const int BufferSize = 64 * 1024;

    public static bool IsEnd(Exception exception) => LinkSocket.IsEnd(exception) || exception is ChannelClosedException;

    public static async Task RunAsync(Stream source, Func<ReadOnlyMemory<byte>, ValueTask> send)
    {
        byte[] buffer = new byte[BufferSize];
        while (await source.ReadAsync(buffer).ConfigureAwait(false) is var count and > 0)
        {
            await send(buffer.AsMemory(0, count)).ConfigureAwait(false);
        }
    }
}

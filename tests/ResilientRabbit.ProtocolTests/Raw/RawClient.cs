using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ProtocolTests.Raw;

/// <summary>A client that says exactly what a test wants, also what no driver would send.</summary>
public sealed class RawClient : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly NetworkStream _stream;

    private RawClient(Socket socket) => _stream = new NetworkStream(socket, ownsSocket: true);

    public static ReadOnlySpan<byte> ProtocolHeader => "AMQP\0\0\x9\x1"u8;

    public static async Task<RawClient> ConnectAsync(ClusterAddress address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port);
        return new RawClient(socket);
    }

    /// <summary>A connection that is open, with channel 1 open when asked for.</summary>
    public static async Task<RawClient> OpenAsync(ClusterAddress address, bool channel = true, uint frameMax = 131072, ushort heartbeat = 0)
    {
        RawClient client = await ConnectAsync(address);
        await client.SendAsync(ProtocolHeader.ToArray());
        await client.ExpectAsync("10.10");
        await client.SendStartOkAsync("PLAIN", "\0guest\0guest");
        await client.ExpectAsync("10.30");
        await client.SendTuneOkAsync(2047, frameMax, heartbeat);
        await client.SendMethodAsync(0, 10, 40, static arguments => arguments.ShortString("/").ShortString("").Octet(0));
        await client.ExpectAsync("10.41");
        if (channel)
        {
            await client.OpenChannelAsync(1);
        }

        return client;
    }

    public async Task OpenChannelAsync(ushort channel)
    {
        await SendMethodAsync(channel, 20, 10, static arguments => arguments.ShortString(""));
        await ExpectAsync("20.11");
    }

    public Task SendStartOkAsync(string mechanism, string response) => SendStartOkAsync(mechanism, Encoding.UTF8.GetBytes(response));

    public Task SendStartOkAsync(string mechanism, byte[] response, bool failureClose = true) =>
        SendMethodAsync(0, 10, 11, arguments => arguments
            .Table(("capabilities", new ArgumentWriter().Table(("authentication_failure_close", failureClose), ("consumer_cancel_notify", true), ("basic.nack", true))))
            .ShortString(mechanism).LongString(response).ShortString("en_US"));

    public Task SendTuneOkAsync(ushort channelMax, uint frameMax, ushort heartbeat) =>
        SendMethodAsync(0, 10, 31, arguments => arguments.Short(channelMax).Long(frameMax).Short(heartbeat));

    public Task SendMethodAsync(ushort channel, ushort classId, ushort methodId, Action<ArgumentWriter>? write = null)
    {
        ArgumentWriter arguments = new ArgumentWriter().Short(classId).Short(methodId);
        write?.Invoke(arguments);
        return SendFrameAsync(RawFrame.MethodType, channel, arguments.ToArray());
    }

    /// <summary>A content header of class basic without properties.</summary>
    public Task SendHeaderAsync(ushort channel, ulong bodySize, ushort classId = 60, ushort weight = 0, ushort flags = 0) =>
        SendFrameAsync(RawFrame.HeaderType, channel, new ArgumentWriter().Short(classId).Short(weight).LongLong(bodySize).Short(flags).ToArray());

    public Task SendPublishAsync(ushort channel, string exchange, string routingKey, byte bits = 0) =>
        SendMethodAsync(channel, 60, 40, arguments => arguments.Short(0).ShortString(exchange).ShortString(routingKey).Octet(bits));

    public Task SendFrameAsync(byte type, ushort channel, ReadOnlySpan<byte> payload, byte end = 0xCE) =>
        SendAsync(new ArgumentWriter().Octet(type).Short(channel).LongString(payload).Octet(end).ToArray());

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);

    /// <summary>The next frame, heartbeats included; null when the peer has closed the connection.</summary>
    public async Task<RawFrame?> ReadAsync()
    {
        byte[]? head = await ReadExactlyAsync(7);
        if (head is null)
        {
            return null;
        }

        byte[]? payload = await ReadExactlyAsync((int)BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(3)) + 1);
        return payload is null ? null : new RawFrame(head[0], BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(1)), payload.AsMemory(0, payload.Length - 1));
    }

    /// <summary>The next frame that is no heartbeat, which must be this one.</summary>
    public async Task<RawFrame> ExpectAsync(string name)
    {
        RawFrame? frame;
        do
        {
            frame = await ReadAsync();
        }
        while (frame?.Type == RawFrame.HeartbeatType);

        return string.Equals(frame?.Name, name, StringComparison.Ordinal)
            ? frame!
            : throw new InvalidOperationException($"Expected {name}, got {Describe(frame)}.");
    }

    public async Task<RawClose> ExpectCloseAsync() => RawClose.Read(await ExpectAsync("10.50"));

    public async Task<RawClose> ExpectChannelCloseAsync() => RawClose.Read(await ExpectAsync("20.40"));

    /// <summary>Bytes until the peer closes, however it does.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        var all = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(buffer).AsTask().WaitAsync(Patience) is > 0 and var count)
            {
                all.Write(buffer, 0, count);
            }
        }
        catch (IOException)
        {
            // A reset is an end as well.
        }

        return all.ToArray();
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static string Describe(RawFrame? frame) => frame?.Name switch
    {
        null => "the end of the connection",
        "10.50" or "20.40" => $"{frame.Name} {RawClose.Read(frame)}",
        var name => name,
    };

    private async Task<byte[]?> ReadExactlyAsync(int count)
    {
        var buffer = new byte[count];
        try
        {
            await _stream.ReadExactlyAsync(buffer).AsTask().WaitAsync(Patience);
            return buffer;
        }
        catch (IOException)
        {
            return null;
        }
    }
}

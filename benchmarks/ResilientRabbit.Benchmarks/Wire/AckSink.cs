using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ResilientRabbit.Benchmarks.Wire;

/// <summary>A minimal AMQP server that reads publishes, drops them, and acks what one read brought with one ack per channel (multiple): what is measured against it is the client.</summary>
internal static class AckSink
{
    /// <summary>Listens, prints the port, serves until standard input ends.</summary>
    /// <param name="isSingle">One ack for each message, as a broker often does, instead of one for all that a read brought.</param>
    public static async Task RunAsync(bool isSingle)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port);
        var accepting = new Thread(() => Accept(listener, isSingle)) { IsBackground = true };
        accepting.Start();
        await Console.In.ReadToEndAsync();
    }

    private static void Accept(Socket listener, bool isSingle)
    {
        while (true)
        {
            Socket socket = listener.Accept();
            socket.NoDelay = true;
            new Thread(() => Serve(socket, isSingle)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket socket, bool isSingle)
    {
        try
        {
            new AckSinkConnection(socket, isSingle).Run();
        }
        catch (SocketException)
        {
            // A client that is gone: the next one comes on a connection of its own.
        }
        finally
        {
            socket.Dispose();
        }
    }
}

/// <summary>One connection of the sink, on a thread of its own.</summary>
internal sealed class AckSinkConnection(Socket socket, bool isSingle)
{
    private const int MaxChannels = 2048;
    private const int FrameMax = 131_072;

    private readonly byte[] _buffer = new byte[512 * 1024];
    private readonly ulong[] _published = new ulong[MaxChannels];
    private readonly ulong[] _acked = new ulong[MaxChannels];
    private readonly bool[] _confirms = new bool[MaxChannels];
    private readonly List<int> _touched = [];
    private readonly byte[] _ack = new FrameWriter().BeginMethod(0, 60, 80).LongLong(0).Octet(1).EndFrame().ToArray();
    private byte[] _acks = new byte[MaxChannels * 21];
    private bool _ended;

    public void Run()
    {
        int filled = 0;
        bool greeted = false;
        while (!_ended)
        {
            int received = socket.Receive(_buffer, filled, _buffer.Length - filled, SocketFlags.None);
            if (received == 0)
            {
                return;
            }

            filled += received;
            int start = 0;
            if (!greeted)
            {
                if (filled < 8)
                {
                    continue;
                }

                greeted = true;
                start = 8;
                SendStart();
            }

            while (filled - start >= 7)
            {
                int size = (int)BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(start + 3));
                if (filled - start < size + 8)
                {
                    break;
                }

                OnFrame(_buffer[start], BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(start + 1)), _buffer.AsSpan(start + 7, size));
                start += size + 8;
            }

            _buffer.AsSpan(start, filled - start).CopyTo(_buffer);
            filled -= start;
            SendAcks();
        }
    }

    private void OnFrame(byte type, int channel, ReadOnlySpan<byte> payload)
    {
        if (type == FrameWriter.Method)
        {
            uint method = BinaryPrimitives.ReadUInt32BigEndian(payload);
            if (method == ((60 << 16) | 40))
            {
                if (_confirms[channel] && _published[channel]++ == _acked[channel])
                {
                    _touched.Add(channel);
                }
            }
            else
            {
                Answer((int)(method >> 16), (int)(method & 0xFFFF), channel);
            }
        }
        else if (type == FrameWriter.Heartbeat)
        {
            Send(new FrameWriter().BeginFrame(FrameWriter.Heartbeat, 0).EndFrame());
        }
    }

    private void SendStart()
    {
        byte[] capabilities = new FrameWriter().ShortString("capabilities").Octet((byte)'F')
            .Flags("publisher_confirms", "basic.nack", "consumer_cancel_notify", "exchange_exchange_bindings", "authentication_failure_close").ToArray();
        Send(new FrameWriter().BeginMethod(0, 10, 10).Octet(0).Octet(9).Long((uint)capabilities.Length).Raw(capabilities)
            .LongString("PLAIN").LongString("en_US").EndFrame());
    }

    private void Answer(int classId, int methodId, int channel)
    {
        switch (classId, methodId)
        {
            case (10, 11):
                Send(new FrameWriter().BeginMethod(0, 10, 30).Short(MaxChannels - 1).Long(FrameMax).Short(60).EndFrame());
                break;
            case (10, 40):
                Send(new FrameWriter().BeginMethod(0, 10, 41).Octet(0).EndFrame());
                break;
            case (10, 50):
                Send(new FrameWriter().BeginMethod(0, 10, 51).EndFrame());
                _ended = true;
                break;
            case (20, 10):
                _published[channel] = _acked[channel] = 0;
                _confirms[channel] = false;
                Send(new FrameWriter().BeginMethod(channel, 20, 11).Long(0).EndFrame());
                break;
            case (20, 40):
                Send(new FrameWriter().BeginMethod(channel, 20, 41).EndFrame());
                break;
            case (85, 10):
                _confirms[channel] = true;
                Send(new FrameWriter().BeginMethod(channel, 85, 11).EndFrame());
                break;
        }
    }

    private void SendAcks()
    {
        int length = 0;
        foreach (int channel in _touched)
        {
            for (ulong tag = isSingle ? _acked[channel] + 1 : _published[channel]; tag <= _published[channel]; tag++)
            {
                if (_acks.Length - length < _ack.Length)
                {
                    Array.Resize(ref _acks, _acks.Length * 2);
                }

                Span<byte> ack = _acks.AsSpan(length, _ack.Length);
                _ack.CopyTo(ack);
                BinaryPrimitives.WriteUInt16BigEndian(ack[1..], (ushort)channel);
                BinaryPrimitives.WriteUInt64BigEndian(ack[11..], tag);
                ack[19] = isSingle ? (byte)0 : (byte)1;
                length += ack.Length;
            }

            _acked[channel] = _published[channel];
        }

        _touched.Clear();
        if (length > 0)
        {
            socket.Send(_acks, 0, length, SocketFlags.None);
        }
    }

    private void Send(FrameWriter frame) => socket.Send(frame.ToArray());
}

using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using ResilientRabbit.Benchmarks.Wire;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>The floor: pre-encoded frames, one thread that sends as many as the window allows, one that reads acks. No futures, no identities, no resilience.</summary>
/// <param name="settings">What is done.</param>
/// <param name="likeOurs">Also a message-id and a header, as the SDK writes them.</param>
/// <param name="channels">Over so many channels in turn; the window is that of all.</param>
/// <param name="goodPiece">When the window was full, sends go on when so much of it is free; null: an eighth, at most 256.</param>
internal sealed class RawSocket(RunSettings settings, bool likeOurs, int channels = 1, int? goodPiece = null) : IContender
{
    private const int FramesPerSend = 256;

    // A broker that acks one by one would else be sent one by one.
    private readonly int _goodPiece = goodPiece ?? Math.Min(FramesPerSend, Math.Max(1, settings.Window / 8));

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly object _gate = new();
    private readonly byte[] _received = new byte[64 * 1024];
    private readonly RawChannel[] _channels = [.. Enumerable.Range(1, channels).Select(number => new RawChannel(number, settings, likeOurs, FramesPerSend))];
    private int _next;
    private int _start;
    private int _filled;
    private int _outstanding;

    public async Task OpenAsync()
    {
        await _socket.ConnectAsync(settings.Host, settings.Port);
        _socket.Send("AMQP\0\0\u0009\u0001"u8);
        Expect(10, 10);
        Send(new FrameWriter().BeginMethod(0, 10, 11).Flags().ShortString("PLAIN").LongString("\0guest\0guest").ShortString("en_US").EndFrame());
        Expect(10, 30);
        Send(new FrameWriter().BeginMethod(0, 10, 31).Short(2047).Long(131_072).Short(0).EndFrame().BeginMethod(0, 10, 40).ShortString("/").ShortString("").Octet(0).EndFrame());
        Expect(10, 41);
        for (int number = 1; number <= channels; number++)
        {
            Send(new FrameWriter().BeginMethod(number, 20, 10).ShortString("").EndFrame());
            Expect(20, 11);
            Send(new FrameWriter().BeginMethod(number, 85, 10).Octet(0).EndFrame());
            Expect(85, 11);
        }
    }

    public async Task PublishAsync(int count, LatencySamples? samples)
    {
        Task reader = Task.Factory.StartNew(() => ReadAcks(count, samples), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Factory.StartNew(() => Write(count), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await reader;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }

    private void Write(int left)
    {
        while (left > 0)
        {
            int frames;
            lock (_gate)
            {
                while (settings.Window - _outstanding < _goodPiece)
                {
                    Monitor.Wait(_gate);
                }

                frames = Math.Min(Math.Min(settings.Window - _outstanding, FramesPerSend), left);
                _outstanding += frames;
            }

            left -= frames;
            int parts = Math.Min(channels, frames);
            for (int part = 0; part < parts; part++)
            {
                RawChannel channel = _channels[_next++ % channels];
                int piece = (frames / parts) + (part < frames % parts ? 1 : 0);
                channel.Sending(piece, Stopwatch.GetTimestamp());
                _socket.Send(channel.Frames, 0, piece * channel.FrameSize, SocketFlags.None);
            }
        }
    }

    private void ReadAcks(int left, LatencySamples? samples)
    {
        while (left > 0)
        {
            int confirmed = 0;
            Fill();
            while (TryFrame(out int number, out int classId, out int methodId, out ReadOnlySpan<byte> arguments))
            {
                if (classId == 60 && methodId == 80)
                {
                    confirmed += _channels[number - 1].Apply(arguments, samples);
                }
                else if (classId != 0)
                {
                    throw new InvalidOperationException(FormattableString.Invariant($"The server sent method {classId}.{methodId}."));
                }
            }

            left -= confirmed;
            lock (_gate)
            {
                _outstanding -= confirmed;
                if (settings.Window - _outstanding >= _goodPiece)
                {
                    Monitor.Pulse(_gate);
                }
            }
        }
    }

    private void Send(FrameWriter frames) => _socket.Send(frames.ToArray());

    private void Expect(int expectedClass, int expectedMethod)
    {
        int classId;
        int methodId;
        while (!TryFrame(out _, out classId, out methodId, out _))
        {
            Fill();
        }

        if (classId != expectedClass || methodId != expectedMethod)
        {
            throw new InvalidOperationException(FormattableString.Invariant($"Expected method {expectedClass}.{expectedMethod}, got {classId}.{methodId}."));
        }
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _received.AsSpan(_start, _filled - _start).CopyTo(_received);
            _filled -= _start;
            _start = 0;
        }

        int count = _socket.Receive(_received, _filled, _received.Length - _filled, SocketFlags.None);
        if (count == 0)
        {
            throw new InvalidOperationException("The server closed the connection.");
        }

        _filled += count;
    }

    private bool TryFrame(out int channel, out int classId, out int methodId, out ReadOnlySpan<byte> arguments)
    {
        channel = classId = methodId = 0;
        arguments = default;
        if (_filled - _start < 7)
        {
            return false;
        }

        int size = (int)BinaryPrimitives.ReadUInt32BigEndian(_received.AsSpan(_start + 3));
        if (_filled - _start < size + 8)
        {
            return false;
        }

        ReadOnlySpan<byte> payload = _received.AsSpan(_start + 7, size);
        if (_received[_start] == FrameWriter.Method)
        {
            channel = BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(_start + 1));
            classId = BinaryPrimitives.ReadUInt16BigEndian(payload);
            methodId = BinaryPrimitives.ReadUInt16BigEndian(payload[2..]);
            arguments = payload[4..];
        }

        _start += size + 8;
        return true;
    }
}

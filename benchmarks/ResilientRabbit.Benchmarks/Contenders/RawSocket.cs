using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using ResilientRabbit.Benchmarks.Wire;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>The floor: pre-encoded frames, one thread that sends as many as the window allows, one that reads acks. No futures, no identities, no resilience.</summary>
internal sealed class RawSocket(RunSettings settings, bool likeOurs) : IContender
{
    private const int FramesPerSend = 256;

    // When the window was full, sends go on only when a good piece of it is free: a broker that acks one by one would else be sent one by one.
    private readonly int _goodPiece = Math.Min(FramesPerSend, Math.Max(1, settings.Window / 8));

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly object _gate = new();
    private readonly byte[] _received = new byte[64 * 1024];
    private readonly HashSet<ulong> _ackedAlone = [];
    private byte[] _frames = [];
    private int _frameSize;
    private int _start;
    private int _filled;
    private ulong _sent;
    private ulong _confirmed;

    public async Task OpenAsync()
    {
        await _socket.ConnectAsync(settings.Host, settings.Port);
        _socket.Send("AMQP\0\0\u0009\u0001"u8);
        Expect(10, 10);
        Send(new FrameWriter().BeginMethod(0, 10, 11).Flags().ShortString("PLAIN").LongString("\0guest\0guest").ShortString("en_US").EndFrame());
        Expect(10, 30);
        Send(new FrameWriter().BeginMethod(0, 10, 31).Short(2047).Long(131_072).Short(0).EndFrame().BeginMethod(0, 10, 40).ShortString("/").ShortString("").Octet(0).EndFrame());
        Expect(10, 41);
        Send(new FrameWriter().BeginMethod(1, 20, 10).ShortString("").EndFrame());
        Expect(20, 11);
        Send(new FrameWriter().BeginMethod(1, 85, 10).Octet(0).EndFrame());
        Expect(85, 11);

        byte[] frame = PublishFrames.Encode(settings, likeOurs);
        _frameSize = frame.Length;
        _frames = new byte[frame.Length * FramesPerSend];
        for (int index = 0; index < FramesPerSend; index++)
        {
            frame.CopyTo(_frames, index * frame.Length);
        }
    }

    public async Task PublishAsync(int count, LatencySamples? samples)
    {
        ulong last = _sent + (ulong)count;
        long[] sentAt = new long[settings.Window / LatencySamples.Every + 2];
        Task reader = Task.Factory.StartNew(() => ReadAcks(last, sentAt, samples), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Factory.StartNew(() => Write(last, sentAt), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await reader;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }

    private void Write(ulong last, long[] sentAt)
    {
        while (_sent < last)
        {
            int room;
            lock (_gate)
            {
                while ((room = settings.Window - (int)(_sent - _confirmed)) < _goodPiece)
                {
                    Monitor.Wait(_gate);
                }
            }

            int frames = (int)Math.Min((ulong)Math.Min(room, FramesPerSend), last - _sent);
            long now = Stopwatch.GetTimestamp();
            ulong slots = (ulong)sentAt.Length;
            for (ulong tag = (_sent / LatencySamples.Every + 1) * LatencySamples.Every; tag <= _sent + (ulong)frames; tag += LatencySamples.Every)
            {
                Volatile.Write(ref sentAt[tag / LatencySamples.Every % slots], now);
            }

            lock (_gate)
            {
                _sent += (ulong)frames;
            }

            _socket.Send(_frames, 0, frames * _frameSize, SocketFlags.None);
        }
    }

    private void ReadAcks(ulong last, long[] sentAt, LatencySamples? samples)
    {
        ulong confirmed = _confirmed;
        while (confirmed < last)
        {
            ulong before = confirmed;
            Fill();
            while (TryFrame(out int classId, out int methodId, out ReadOnlySpan<byte> arguments))
            {
                if (classId == 60 && methodId == 80)
                {
                    confirmed = Apply(confirmed, BinaryPrimitives.ReadUInt64BigEndian(arguments), arguments[8] != 0);
                }
                else if (classId != 0)
                {
                    throw new InvalidOperationException(FormattableString.Invariant($"The server sent method {classId}.{methodId}."));
                }
            }

            if (samples is not null)
            {
                for (ulong tag = (before / LatencySamples.Every + 1) * LatencySamples.Every; tag <= confirmed; tag += LatencySamples.Every)
                {
                    samples.AddSince(Volatile.Read(ref sentAt[tag / LatencySamples.Every % (ulong)sentAt.Length]));
                }
            }

            lock (_gate)
            {
                _confirmed = confirmed;
                if (settings.Window - (int)(_sent - confirmed) >= _goodPiece)
                {
                    Monitor.Pulse(_gate);
                }
            }
        }
    }

    private ulong Apply(ulong confirmed, ulong tag, bool multiple)
    {
        if (multiple || tag == confirmed + 1)
        {
            confirmed = tag;
            while (_ackedAlone.Count > 0 && _ackedAlone.Remove(confirmed + 1))
            {
                confirmed++;
            }

            if (_ackedAlone.Count > 0 && multiple)
            {
                _ackedAlone.RemoveWhere(alone => alone <= tag);
            }
        }
        else
        {
            _ackedAlone.Add(tag);
        }

        return confirmed;
    }

    private void Send(FrameWriter frames) => _socket.Send(frames.ToArray());

    private void Expect(int expectedClass, int expectedMethod)
    {
        int classId;
        int methodId;
        while (!TryFrame(out classId, out methodId, out _))
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

    private bool TryFrame(out int classId, out int methodId, out ReadOnlySpan<byte> arguments)
    {
        classId = methodId = 0;
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
            classId = BinaryPrimitives.ReadUInt16BigEndian(payload);
            methodId = BinaryPrimitives.ReadUInt16BigEndian(payload[2..]);
            arguments = payload[4..];
        }

        _start += size + 8;
        return true;
    }
}

using System.Buffers.Binary;

namespace ResilientRabbit.Testing.Wire;

/// <summary>
/// Cuts a stream into frames inside one contiguous buffer: no copy and no allocation per frame, and all frames of one read are handed out
/// before the next read. One reader at a time.
/// </summary>
internal sealed class FrameReader
{
    /// <summary>What RabbitMQ accepts before tune (its FRAME_MIN_SIZE is 4096; since 3.13 it takes 8192).</summary>
    public const int InitialMaxFrameSize = 8192;

    private const int FirstSize = 64 * 1024;

    private readonly Stream _input;
    private readonly ShortStringCache _names = new();
    private byte[] _buffer;
    private int _start;
    private int _end;

    public FrameReader(Stream input, ReadOnlySpan<byte> alreadyRead = default)
    {
        _input = input;
        _buffer = GC.AllocateUninitializedArray<byte>(FirstSize);
        alreadyRead.CopyTo(_buffer);
        _end = alreadyRead.Length;
    }

    /// <summary>The largest whole frame that is accepted, in bytes; 0 means that no limit was negotiated, and 128 MiB hold.</summary>
    public int MaxFrameSize { get; set; } = InitialMaxFrameSize;

    /// <summary>What was read and not yet handed out: at the end of the stream, a partial frame.</summary>
    public ReadOnlyMemory<byte> Unread => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Waits for more bytes; frames handed out before are invalid from now on.</summary>
    /// <returns>False at the end of the stream.</returns>
    public ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        ValueTask<int> read = _input.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        return read.IsCompletedSuccessfully ? new ValueTask<bool>(Filled(read.Result)) : AwaitAsync(read);
    }

    /// <summary>The next whole frame, if there is one.</summary>
    /// <exception cref="AmqpWireException">The bytes are no frame, or one that is too large (501).</exception>
    public bool TryRead(out Frame frame)
    {
        frame = default;
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start, _end - _start);
        if (bytes.Length < Frame.HeaderSize)
        {
            return false;
        }

        int whole = SizeOf(bytes);
        if (bytes.Length < whole)
        {
            return false;
        }

        if (bytes[whole - 1] != Frame.End)
        {
            throw AmqpWireException.Frame(
                $"{ErlangText.Frame(bytes[0], bytes[Frame.HeaderSize..(whole - 1)])}: {{invalid_frame_end_marker,{bytes[whole - 1]}}}");
        }

        ushort channel = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        frame = new Frame((FrameType)bytes[0], channel, _buffer.AsMemory(_start, whole), _names);
        _start += whole;
        return true;
    }

    /// <summary>The eight bytes that a client sends first, if they are there; they are consumed whatever they say.</summary>
    public bool TryReadProtocolHeader(out ProtocolHeader header)
    {
        header = default;
        if (_end - _start < ProtocolHeader.Size)
        {
            return false;
        }

        header = ProtocolHeader.From(_buffer.AsSpan(_start, ProtocolHeader.Size));
        _start += ProtocolHeader.Size;
        return true;
    }

    /// <summary>Takes everything that was read, without looking for frames.</summary>
    public ReadOnlyMemory<byte> TakeUnread()
    {
        ReadOnlyMemory<byte> unread = Unread;
        _start = _end;
        return unread;
    }

    // The size is checked before any room is made for it: a peer must not decide what we allocate.
    private int SizeOf(ReadOnlySpan<byte> bytes)
    {
        uint payload = BinaryPrimitives.ReadUInt32BigEndian(bytes[3..]);
        long limit = MaxFrameSize == 0 ? 128L * 1024 * 1024 : MaxFrameSize;
        long whole = (long)payload + Frame.Overhead;
        return whole <= limit
            ? (int)whole
            : throw AmqpWireException.Frame($"{ErlangText.Frame(bytes[0], [])}: {{frame_too_large,{payload},{limit - Frame.Overhead}}}");
    }

    private void MakeRoom()
    {
        int unread = _end - _start;
        int needed = unread >= Frame.HeaderSize ? SizeOf(_buffer.AsSpan(_start, unread)) : Frame.HeaderSize;
        if (unread == 0)
        {
            _start = _end = 0;
        }
        else if (_buffer.Length - _start < needed || _buffer.Length - _end < FirstSize / 4)
        {
            // Never from a pool: at the end of a connection a read may still be pending on the buffer.
            byte[] target = _buffer.Length >= needed + (FirstSize / 4) ? _buffer : GC.AllocateUninitializedArray<byte>(needed + FirstSize);
            Buffer.BlockCopy(_buffer, _start, target, 0, unread);
            _buffer = target;
            _start = 0;
            _end = unread;
        }
    }

    private bool Filled(int count)
    {
        _end += count;
        return count > 0;
    }

    private async ValueTask<bool> AwaitAsync(ValueTask<int> read) => Filled(await read.ConfigureAwait(false));
}

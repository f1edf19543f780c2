using System.Buffers.Binary;
using System.Security.Cryptography;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Journal;

/// <summary>The method with content that is under way on one channel. Small bodies are kept as they are and hashed when somebody looks; of others only the hash is.</summary>
internal sealed class GatheredCommand(ushort channel)
{
    private const int LargestKeptBody = 1024;

    private byte[] _bytes = new byte[512];
    private int _length;
    private ulong? _missing;
    private IncrementalHash? _hash;

    public ushort Channel => channel;

    public bool IsOpen { get; private set; }

    /// <summary>Whether <see cref="Kept"/> is without the body.</summary>
    public bool IsHashed { get; private set; }

    public ulong PublishNumber { get; private set; }

    public long BodyLength { get; private set; }

    /// <summary>All of its bytes.</summary>
    public int Size { get; private set; }

    public ReadOnlySpan<byte> Kept => _bytes.AsSpan(0, _length);

    public void Begin(in Frame method, ulong publishNumber)
    {
        PublishNumber = publishNumber;
        BodyLength = 0;
        IsHashed = false;
        IsOpen = true;
        Size = 0;
        _length = 0;
        _missing = null;
        Keep(method);
    }

    /// <summary>Takes the next frame.</summary>
    /// <returns>Whether the command ends with it: it is complete, or the frame does not belong to it.</returns>
    public bool Continue(in Frame frame)
    {
        if (_missing is null && frame.Type == FrameType.Header && frame.Payload.Length >= ContentHeader.FixedSize)
        {
            _missing = BinaryPrimitives.ReadUInt64BigEndian(frame.Payload[4..]);
            IsHashed = _missing > LargestKeptBody;
            Keep(frame);
            return _missing == 0;
        }

        if (_missing is { } missing && frame.Type == FrameType.Body)
        {
            _missing = missing - Math.Min(missing, (ulong)frame.Payload.Length);
            BodyLength += frame.Payload.Length;
            AddBody(frame);
            return _missing == 0;
        }

        Keep(frame);
        return true;
    }

    /// <summary>The first eight bytes of the body's hash.</summary>
    public ulong TakeHash()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        (_hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256)).GetHashAndReset(hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    public void Close() => IsOpen = false;

    private void AddBody(in Frame frame)
    {
        if (IsHashed)
        {
            (_hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256)).AppendData(frame.Payload);
            Size += frame.Raw.Length;
        }
        else
        {
            Keep(frame);
        }
    }

    private void Keep(in Frame frame)
    {
        ReadOnlySpan<byte> raw = frame.Raw.Span;
        if (_bytes.Length - _length < raw.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + raw.Length));
        }

        raw.CopyTo(_bytes.AsSpan(_length));
        _length += raw.Length;
        Size += raw.Length;
    }
}

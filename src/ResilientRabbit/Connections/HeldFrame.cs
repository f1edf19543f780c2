using System.Buffers;

namespace ResilientRabbit.Connections;

/// <summary>A content header for the driver that does not lie in the read buffer as a whole: held back until it is there and was looked at.</summary>
internal sealed class HeldFrame
{
    private const int FrameHeader = 7;
    private const int FrameOverhead = FrameHeader + 1;

    private readonly byte[] _bytes;
    private readonly int _length;
    private int _filled;
    private int _passed;

    /// <param name="size">The size of the payload, in bytes.</param>
    public HeldFrame(uint size)
    {
        if (size > IncomingFrames.MaxHeader)
        {
            throw new InvalidDataException(FormattableString.Invariant($"The broker sent what is not AMQP: a content header of {size} bytes."));
        }

        _length = (int)size + FrameOverhead;
        _bytes = ArrayPool<byte>.Shared.Rent(_length);
    }

    /// <summary>Whether all of it is there.</summary>
    public bool IsWhole => _filled == _length;

    /// <summary>Whether a part of it is with the driver.</summary>
    public bool IsBegun => _passed > 0;

    /// <summary>Takes the next piece.</summary>
    /// <returns>How much was used.</returns>
    /// <exception cref="InvalidDataException">It must not reach the driver.</exception>
    public int Fill(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, _length - _filled);
        bytes[..count].CopyTo(_bytes.AsSpan(_filled));
        _filled += count;
        if (IsWhole)
        {
            RecursionGuard.CheckHeader(_bytes.AsSpan(FrameHeader, _length - FrameOverhead));
        }

        return count;
    }

    /// <summary>Gives the driver its next piece. True when that was the last.</summary>
    public bool Pass(Span<byte> free, out int count)
    {
        count = Math.Min(free.Length, _length - _passed);
        _bytes.AsSpan(_passed, count).CopyTo(free);
        _passed += count;
        if (_passed < _length)
        {
            return false;
        }

        ArrayPool<byte>.Shared.Return(_bytes);
        return true;
    }
}

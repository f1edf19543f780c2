using System.Buffers;

namespace ResilientRabbit.Connections;

/// <summary>
/// What is to be sent, in pieces: small writes are collected in one, a large one comes as it is and is not copied. While a piece is being sent the others wait behind it.
/// </summary>
/// <remarks>Not thread-safe: used under the sender's lock. What <see cref="Take"/> gave is valid until the next one.</remarks>
internal sealed class OutgoingBuffer
{
    /// <summary>Pieces of this size are kept for use again: small enough to be in the processor's cache when the next bytes come.</summary>
    private const int PieceSize = 64 * 1024;

    /// <summary>From here on a write is a piece of its own: less is cheaper to copy than to send apart.</summary>
    private const int LeastWhole = 16 * 1024;

    private const int MaxSpare = 4;

    private readonly Queue<ArraySegment<byte>> _full = new();
    private readonly Stack<byte[]> _spare = new();
    private byte[] _filling = ArrayPool<byte>.Shared.Rent(PieceSize);
    private byte[] _sending = [];
    private int _filled;

    /// <summary>Bytes collected and not taken.</summary>
    public int Count { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_filling.Length - _filled < bytes.Length)
        {
            Seal();
            if (_filling.Length < bytes.Length)
            {
                ArrayPool<byte>.Shared.Return(_filling);
                _filling = ArrayPool<byte>.Shared.Rent(bytes.Length);
            }
        }

        bytes.CopyTo(_filling.AsSpan(_filled));
        _filled += bytes.Length;
        Count += bytes.Length;
    }

    /// <summary>Adds bytes that are the first of an array of <see cref="ArrayPool{T}.Shared"/>, or of none. When they are many the array is kept, and another one given for it.</summary>
    public void Append(ReadOnlySpan<byte> bytes, ref byte[]? array)
    {
        if (array is null || bytes.Length < LeastWhole)
        {
            Append(bytes);
            return;
        }

        Seal();
        _full.Enqueue(new ArraySegment<byte>(array, 0, bytes.Length));
        array = Rent();
        Count += bytes.Length;
    }

    /// <summary>Takes the next piece of what was collected, to be sent; what was taken before it is of no use any more.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        Return(_sending);
        if (_full.Count == 0)
        {
            Seal();
        }

        ArraySegment<byte> piece = _full.Dequeue();
        _sending = piece.Array!;
        Count -= piece.Count;
        return piece;
    }

    /// <summary>What is being filled is a piece from now on.</summary>
    private void Seal()
    {
        if (_filled > 0)
        {
            _full.Enqueue(new ArraySegment<byte>(_filling, 0, _filled));
            _filling = Rent();
            _filled = 0;
        }
    }

    private byte[] Rent() => _spare.TryPop(out byte[]? array) ? array : ArrayPool<byte>.Shared.Rent(PieceSize);

    private void Return(byte[] array)
    {
        if (array.Length == 0)
        {
            return;
        }

        // One large message must not hold its memory for the life of the connection.
        if (_spare.Count < MaxSpare && array.Length is >= PieceSize and <= 4 * PieceSize)
        {
            _spare.Push(array);
        }
        else
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}

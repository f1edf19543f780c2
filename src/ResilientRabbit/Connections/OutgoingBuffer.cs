using System.Buffers;

namespace ResilientRabbit.Connections;

/// <summary>Two buffers: one is filled while the other is being sent.</summary>
/// <remarks>Not thread-safe: used under the sender's lock. What <see cref="Take"/> gave is valid until the next one.</remarks>
internal struct OutgoingBuffer
{
    private const int InitialSize = 64 * 1024;
    private const int LargestKept = 2 * 1024 * 1024;

    private byte[] _filling;
    private byte[] _spare;

    public OutgoingBuffer()
    {
        _filling = ArrayPool<byte>.Shared.Rent(InitialSize);
        _spare = ArrayPool<byte>.Shared.Rent(InitialSize);
    }

    /// <summary>Bytes collected and not taken.</summary>
    public int Count { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_filling.Length - Count < bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_filling.Length * 2, checked(Count + bytes.Length)));
            _filling.AsSpan(0, Count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_filling);
            _filling = larger;
        }

        bytes.CopyTo(_filling.AsSpan(Count));
        Count += bytes.Length;
    }

    /// <summary>Takes what was collected, to be sent; collecting goes on in the other buffer.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        (_filling, _spare) = (_spare, _filling);
        ReadOnlyMemory<byte> taken = _spare.AsMemory(0, Count);
        Count = 0;
        if (_filling.Length > LargestKept)
        {
            // One large message must not hold its memory for the life of the connection.
            ArrayPool<byte>.Shared.Return(_filling);
            _filling = ArrayPool<byte>.Shared.Rent(InitialSize);
        }

        return taken;
    }
}

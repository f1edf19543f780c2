using System.Buffers.Binary;

namespace ResilientRabbit.Connections;

/// <summary>
/// Follows the frames that the driver writes on one connection, so that ours go between two of them and never into a channel that the
/// driver has closed: a publish after channel.close-ok is answered with the end of the connection (504).
/// </summary>
/// <remarks>Not thread-safe: used under the sender's lock.</remarks>
internal sealed class DriverFrames
{
    // AMQP 0-9-1, section 4.2.3: type (1), channel (2), size (4), payload, end (1); a method's payload begins with class (2) and method (2).
    private const int HeaderSize = 7;
    private const int MethodHeaderSize = HeaderSize + 4;
    private const byte MethodFrame = 1;
    private const byte FirstOfProtocolHeader = (byte)'A';
    private const int RestOfProtocolHeader = 7;

    private readonly byte[] _header = new byte[MethodHeaderSize];
    private int _headerFilled;
    private long _toSkip;
    private int[] _stamps = new int[16];

    /// <summary>True when what was written so far ends with a whole frame.</summary>
    public bool IsBetweenFrames => _headerFilled == 0 && _toSkip == 0;

    /// <summary>True when the driver has closed the connection, or agreed to its end.</summary>
    public bool IsClosing { get; private set; }

    /// <summary>A number that changes whenever the channel is opened or closed.</summary>
    public int StampOf(int channel) => channel < _stamps.Length ? _stamps[channel] : 0;

    /// <summary>Takes note of the next bytes that the driver writes, in pieces of any size.</summary>
    public void Follow(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_toSkip > 0)
            {
                int skipped = (int)Math.Min(_toSkip, bytes.Length);
                _toSkip -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            _header[_headerFilled++] = bytes[0];
            bytes = bytes[1..];
            OnHeaderByte();
        }
    }

    private void OnHeaderByte()
    {
        if (_headerFilled == 1 && _header[0] == FirstOfProtocolHeader)
        {
            Skip(RestOfProtocolHeader);
            return;
        }

        if (_headerFilled < HeaderSize)
        {
            return;
        }

        uint size = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(3));
        if (_header[0] != MethodFrame || size < MethodHeaderSize - HeaderSize)
        {
            Skip(size + 1L);
        }
        else if (_headerFilled == MethodHeaderSize)
        {
            OnMethod(BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(1)), BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(HeaderSize)));
            Skip(size + 1L - (MethodHeaderSize - HeaderSize));
        }
    }

    private void Skip(long count)
    {
        _toSkip = count;
        _headerFilled = 0;
    }

    private void OnMethod(int channel, uint method)
    {
        switch (method)
        {
            case AmqpMethods.ConnectionClose or AmqpMethods.ConnectionCloseOk:
                IsClosing = true;
                break;
            case AmqpMethods.ChannelOpen or AmqpMethods.ChannelClose or AmqpMethods.ChannelCloseOk:
                if (channel >= _stamps.Length)
                {
                    Array.Resize(ref _stamps, Math.Max(channel + 1, _stamps.Length * 2));
                }

                _stamps[channel]++;
                break;
        }
    }
}

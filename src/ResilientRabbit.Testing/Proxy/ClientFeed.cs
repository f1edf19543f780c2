using ResilientRabbit.Testing.Faults;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Proxy;

/// <summary>Makes frames again of the bytes of a broker, however they were cut on their way, and gives them to the client's link.</summary>
internal sealed class ClientFeed(AmqpLink client, Func<Frame, bool> isSwallowed) : IDisposable
{
    private readonly WireWriter _carried = new();
    private bool _isRaw;

    public void Feed(ReadOnlyMemory<byte> bytes)
    {
        if (_carried.Length > 0)
        {
            _carried.Raw(bytes.Span);
            bytes = _carried.Written;
        }

        ReadOnlyMemory<byte> rest = bytes;
        while (!_isRaw && FrameCutter.TryTake(ref rest, out Frame frame))
        {
            if (!isSwallowed(frame))
            {
                client.SendFrame(frame);
            }
        }

        // The answer to a wrong protocol version, and whatever else a broker may say that is no frame: the client gets it as it is.
        _isRaw |= !FrameCutter.MayBegin(rest.Span);
        if (_isRaw)
        {
            client.SendRaw(rest.Span);
            rest = default;
        }

        Carry(rest);
        client.Flush();
    }

    /// <summary>The broker has ended: what is left is part of a frame, and the client gets that too.</summary>
    public void End()
    {
        if (_carried.Length > 0)
        {
            client.SendRaw(_carried.Written.Span);
            _carried.Clear();
            client.Flush();
        }
    }

    public void Dispose() => _carried.Dispose();

    private void Carry(ReadOnlyMemory<byte> rest)
    {
        if (rest.IsEmpty || _carried.Length == 0)
        {
            _carried.Clear();
            _carried.Raw(rest.Span);
            return;
        }

        // The rest lies in the carried bytes themselves.
        int start = _carried.Length - rest.Length;
        if (start > 0)
        {
            rest.Span.CopyTo(_carried.Bytes);
            _carried.Truncate(rest.Length);
        }
    }
}

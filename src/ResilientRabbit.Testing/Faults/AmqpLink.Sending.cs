using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <content>What goes to the client: into the burst, and through the faults when there are any.</content>
internal sealed partial class AmqpLink
{
    public void Send<TMethod>(ushort channel, in TMethod method)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        lock (_outbox.Gate)
        {
            int start = _outbox.Filling.Length;
            _outbox.Filling.WriteMethod(channel, method);
            if (typeof(TMethod) == typeof(AmqpBasic.Nack) && IsOutQuiet && method is AmqpBasic.Nack nack)
            {
                Confirms.Answered(channel, nack.DeliveryTag, nack.Multiple);
            }

            Added(start);
        }
    }

    /// <summary>A method with content: return, deliver or get-ok. Bodies are cut by <see cref="MaxFrameSize"/>.</summary>
    public void SendContent<TMethod>(ushort channel, in TMethod method, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        lock (_outbox.Gate)
        {
            int start = _outbox.Filling.Length;
            _outbox.Filling.WriteContent(channel, method, properties, body, MaxFrameSize);
            Added(start);
        }
    }

    public void SendAck(ushort channel, ulong deliveryTag, bool multiple)
    {
        lock (_outbox.Gate)
        {
            int start = _outbox.Filling.Length;
            _outbox.Filling.WriteAck(channel, deliveryTag, multiple);
            if (IsOutQuiet)
            {
                Confirms.Answered(channel, deliveryTag, multiple);
            }

            Added(start);
        }
    }

    public void SendHeartbeat()
    {
        lock (_outbox.Gate)
        {
            int start = _outbox.Filling.Length;
            _outbox.Filling.WriteHeartbeat();
            Added(start);
        }
    }

    /// <summary>A frame of a real broker that a proxy passes on.</summary>
    public void SendFrame(in Frame frame)
    {
        lock (_outbox.Gate)
        {
            if (_outbox.IsCompleted)
            {
                return;
            }

            if (!IsOutQuiet)
            {
                _out.Add(frame);
                return;
            }

            Confirms.Answered(frame);
            _journal?.AddFrame(FrameDirection.FromBroker, frame);
            _outbox.Filling.Raw(frame.Raw.Span);
        }
    }

    /// <summary>Bytes as they are, past all faults: the protocol header that answers a wrong one.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        lock (_outbox.Gate)
        {
            _out.EmitRaw(bytes.ToArray());
        }
    }

    private void Added(int start)
    {
        if (_outbox.IsCompleted)
        {
            _outbox.Filling.Truncate(start);
            return;
        }

        if (_journal is null && IsOutQuiet)
        {
            return;
        }

        ReadOnlyMemory<byte> bytes = _outbox.Filling.Written[start..];
        if (IsOutQuiet)
        {
            _journal?.AddBytes(FrameDirection.FromBroker, bytes);
            return;
        }

        var command = new Command(bytes.ToArray());
        _outbox.Filling.Truncate(start);
        _out.Process(command);
    }
}

using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>A channel: takes frames apart, gives methods to those who know them, and delivers. Runs inside the turn.</summary>
internal sealed class ServerChannel : IConsumerChannel
{
    private readonly Queue<byte[]> _parked = new();
    private readonly ContentAssembler _content;
    private Queue? _waitsFor;

    public ServerChannel(ServerConnection connection, ushort number)
    {
        Connection = connection;
        Number = number;
        _content = new ContentAssembler(connection.Options.MaxMessageSize);
        Publishing = new ChannelPublishing(this);
        Consuming = new ChannelConsuming(this);
        Topology = new ChannelTopology(this);
        Transaction = new ChannelTransaction(this);
    }

    public ServerConnection Connection { get; }

    object IConsumerChannel.Connection => Connection;

    public ushort Number { get; }

    public ChannelState State { get; private set; }

    public ChannelPublishing Publishing { get; }

    public ChannelConsuming Consuming { get; }

    public ChannelTopology Topology { get; }

    public ChannelTransaction Transaction { get; }

    public VirtualHost VirtualHost => Connection.VirtualHost;

    public AccessControl Access => Connection.Access;

    /// <summary>The queue that a method without a queue name means.</summary>
    public string LastQueue { get; set; } = string.Empty;

    /// <summary>Takes the next frame. A channel that waits for a queue keeps it for later.</summary>
    public void Handle(in Frame frame)
    {
        if (_waitsFor is not null)
        {
            _parked.Enqueue(frame.Raw.ToArray());
            return;
        }

        AmqpMethod method = AmqpMethod.None;
        try
        {
            if (frame.Type == FrameType.Method && _content.IsIdle)
            {
                method = frame.Method;
                HandleMethod(frame, method);
            }
            else
            {
                method = _content.IsIdle ? AmqpMethod.None : AmqpMethod.BasicPublish;
                HandleContent(frame);
            }
        }
        catch (AmqpErrorException error)
        {
            // RabbitMQ's channel crashes of what becomes an internal error, and then no longer knows the method.
            Fail(error, error.Code == ReplyCode.InternalError ? AmqpMethod.None : method);
        }
        catch (AmqpWireException)
        {
            Fail(frame.Type == FrameType.Method ? ConnectionMethods.CannotDecode(frame) : new AmqpErrorException(ReplyCode.InternalError, explanation: null), method);
        }
        catch (QueueWaitException wait)
        {
            _waitsFor = wait.Queue;
            _parked.Enqueue(frame.Raw.ToArray());
            Connection.Host.Park(this);
        }
    }

    /// <summary>Goes on when the queue it waits for can answer. True when it no longer waits.</summary>
    public bool Resume()
    {
        if (_waitsFor is { State: QueueState.NoMajority } && State != ChannelState.Gone)
        {
            return false;
        }

        _waitsFor = null;
        Queue<byte[]> frames = new(_parked);
        _parked.Clear();
        while (frames.TryDequeue(out byte[]? raw) && State != ChannelState.Gone)
        {
            Handle(Frames.Parse(raw));
        }

        return _waitsFor is null;
    }

    public void Send<TMethod>(in TMethod method)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        if (State is ChannelState.Open or ChannelState.New)
        {
            Connection.Send(Number, method);
        }
    }

    public void SendContent<TMethod>(in TMethod method, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
        where TMethod : struct, IAmqpMethod<TMethod>
    {
        if (State == ChannelState.Open)
        {
            Connection.SendContent(Number, method, properties, body);
        }
    }

    public void SendAck(ulong sequence, bool multiple) => Connection.SendAck(Number, sequence, multiple);

    // The requeue flag means nothing to a publisher; RabbitMQ leaves it at its default.
    public void SendNack(ulong sequence, bool multiple) => Send(new AmqpBasic.Nack(sequence, multiple, Requeue: true));

    /// <summary>Closes the channel with an error, or the whole connection when the error is of that kind.</summary>
    public void Fail(AmqpErrorException error, AmqpMethod method)
    {
        if (error.ClosesConnection)
        {
            Connection.Fail(error, method);
            return;
        }

        Publishing.FlushConfirms();
        Release();
        Connection.Send(Number, new AmqpChannel.Close((ushort)error.Code, error.Text, (ushort)((int)method >> 16), (ushort)method));
        State = ChannelState.Closing;
    }

    /// <summary>The connection is gone, or a fault closed the channel.</summary>
    public void End(bool closing)
    {
        Release();
        State = closing ? ChannelState.Closing : ChannelState.Gone;
    }

    bool IConsumerChannel.HasRoom(Consumer consumer) => Consuming.HasRoom(consumer);

    void IConsumerChannel.Deliver(Consumer consumer, Queue queue, QueueEntry entry) => Consuming.Deliver(consumer, queue, entry);

    void IConsumerChannel.ConsumerCancelled(Consumer consumer) => Consuming.Cancelled(consumer);

    private void HandleMethod(in Frame frame, AmqpMethod method)
    {
        if (State == ChannelState.Closing)
        {
            HandleClosing(method);
            return;
        }

        if (State == ChannelState.New)
        {
            Open(frame, method);
            return;
        }

        if (method == AmqpMethod.BasicPublish)
        {
            AmqpBasic.Publish publish = frame.Read<AmqpBasic.Publish>();
            _content.Begin(publish);
            return;
        }

        if (!Enum.IsDefined(method) && (int)method >> 16 != ChannelMethods.AccessClass)
        {
            // RabbitMQ's connection process dies of a method it has no name for.
            Connection.Finish();
            return;
        }

        ChannelMethods.Handle(this, frame, method);
    }

    private void Open(in Frame frame, AmqpMethod method)
    {
        if (method != AmqpMethod.ChannelOpen)
        {
            throw AmqpErrorException.ChannelError("expected 'channel.open'");
        }

        _ = frame.Read<AmqpChannel.Open>();
        State = ChannelState.Open;
        Send(new AmqpChannel.OpenOk(string.Empty));
    }

    private void HandleClosing(AmqpMethod method)
    {
        if (method == AmqpMethod.ChannelCloseOk)
        {
            State = ChannelState.Gone;
            Connection.Forget(this);
        }
        else if (method == AmqpMethod.ChannelClose)
        {
            Connection.Send(Number, new AmqpChannel.CloseOk());
        }
    }

    private void HandleContent(in Frame frame)
    {
        if (State == ChannelState.Closing)
        {
            return;
        }

        if (_content.Add(frame))
        {
            Publishing.Publish(_content);
        }
    }

    private void Release()
    {
        if (State is ChannelState.Open or ChannelState.New)
        {
            Publishing.End();
            State = ChannelState.Gone;
            Consuming.End();
        }
    }

    /// <summary>The client closed the channel.</summary>
    public void CloseByClient()
    {
        Publishing.FlushConfirms();
        Release();
        Connection.Send(Number, new AmqpChannel.CloseOk());
        Connection.Forget(this);
    }
}

using ResilientRabbit.Testing.Faults;
using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>A client's connection: reads bursts of frames, works through them inside one turn, and gives frames to channels.</summary>
internal sealed partial class ServerConnection : IFaultTarget
{
    /// <summary>With so much unsent, consumers of this connection get nothing more.</summary>
    private const int DeliverUpTo = 4 * 1024 * 1024;

    /// <summary>With so much unsent, nothing more is read: a client that only asks and never reads must not fill the memory.</summary>
    private const int ReadUpTo = 16 * 1024 * 1024;

    private readonly AmqpLink _link;
    private readonly Dictionary<ushort, ServerChannel> _channels = [];
    private readonly List<ServerChannel> _answering = [];
    private readonly List<Action> _afterFault = [];
    private readonly ConnectionMethods _methods;
    private readonly Heartbeats _heartbeats;
    private ServerChannel? _lastChannel;
    private VirtualHost? _virtualHost;
    private AccessControl? _access;
    private bool _finish;
    private bool _waitsForRoom;

    public ServerConnection(BrokerNode node, AmqpLink link, string name, string? certificateUser)
    {
        Node = node;
        _link = link;
        _link.Target = this;
        Name = name;
        _methods = new ConnectionMethods(this, certificateUser);
        _heartbeats = new Heartbeats(this);
    }

    public BrokerNode Node { get; }

    public ClusterHost Host => Node.Host;

    public TestBrokerOptions Options => Node.Options;

    /// <summary>Both ends, as RabbitMQ names a connection.</summary>
    public string Name { get; }

    public int Number => _link.Number;

    public ConnectionStage Stage { get; set; }

    public AmqpTable ClientProperties { get; set; } = [];

    public int ChannelMax { get; set; }

    /// <summary>Whether the broker has stopped reading because of an alarm.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>Whether output is waiting for the end of the turn; kept by the host.</summary>
    public bool IsDirty { get; set; }

    public VirtualHost VirtualHost => _virtualHost!;

    public AccessControl Access => _access!;

    public BrokerUser? User { get; set; }

    public IReadOnlyCollection<ServerChannel> Channels => _channels.Values;

    /// <summary>Bytes came or went since this was last asked, for heartbeats.</summary>
    public bool Received { get; set; }

    public bool Sent { get; set; }

    /// <summary>Whether a message may be delivered now; if not, consumers go on when the client has read.</summary>
    public bool HasRoom
    {
        get
        {
            if (_link.PendingBytes < DeliverUpTo)
            {
                return true;
            }

            if (!_waitsForRoom)
            {
                _waitsForRoom = true;
                _ = ServeWhenRoomAsync();
            }

            return false;
        }
    }

    /// <summary>Serves the connection until it ends, however it ends. Throws nothing.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await _link.FillAsync().ConfigureAwait(false))
            {
                Received = true;
                bool more;
                do
                {
                    await Node.Gates.WaitAsync(this).ConfigureAwait(false);
                    more = Host.Turn(this, static connection => connection.Work());
                }
                while (more);

                if (_finish)
                {
                    break;
                }

                if (_link.PendingBytes > ReadUpTo)
                {
                    await _link.WaitForRoomAsync(ReadUpTo / 2).ConfigureAwait(false);
                }
            }

            if (_finish)
            {
                await _link.FinishAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            // A bug of the broker must not end the test process; it is told to whoever asks the broker.
            Node.Report(exception);
        }
        finally
        {
            _heartbeats.Stop();
            Host.Turn(this, static connection => connection.End());
            await _link.DisposeAsync().ConfigureAwait(false);
            Node.Forget(this);
        }
    }

    public void Open(VirtualHost virtualHost, AccessControl access)
    {
        _virtualHost = virtualHost;
        _access = access;
        Stage = ConnectionStage.Running;
    }

    public void Tuned(uint frameMax, ushort heartbeat)
    {
        _link.MaxFrameSize = (int)frameMax;
        _heartbeats.Start(heartbeat);
    }

    /// <summary>Whether the client said that it can do this.</summary>
    public bool Knows(string capability) =>
        ClientProperties.TryGetValue("capabilities", out object? value)
        && value is AmqpTable capabilities && capabilities.TryGetValue(capability, out object? known) && known is true;

    public void Forget(ServerChannel channel)
    {
        _channels.Remove(channel.Number);
        _lastChannel = null;
    }

    /// <summary>The alarm is over.</summary>
    public void Unblock()
    {
        if (IsBlocked)
        {
            IsBlocked = false;
            if (Stage == ConnectionStage.Running && Knows("connection.blocked"))
            {
                Send(0, default(AmqpConnection.Unblocked));
            }
        }
    }

    /// <summary>Works through what was read. True when it stopped in the middle: blocked or frozen.</summary>
    private bool Work()
    {
        try
        {
            if (Stage == ConnectionStage.Header && !_methods.TryReadHeader(_link))
            {
                return false;
            }

            while (!_finish && _link.TryRead(out Frame frame))
            {
                Handle(frame);
                if (IsBlocked)
                {
                    return true;
                }
            }
        }
        catch (AmqpErrorException error)
        {
            _methods.Broken(error);
        }
        catch (AmqpWireException error)
        {
            // The stream cannot be trusted any more: say why, if the client is far enough to understand, and end.
            _methods.Broken(new AmqpErrorException(error.Code, error.Message));
            Finish();
        }

        return false;
    }

    private void Handle(in Frame frame)
    {
        if (frame.Channel == 0)
        {
            _methods.Handle(frame);
            return;
        }

        if (Stage != ConnectionStage.Running)
        {
            _methods.Unexpected(frame);
            return;
        }

        if (frame.Type is not (FrameType.Method or FrameType.Header or FrameType.Body)
            || (frame.Type == FrameType.Method && frame.Payload.Length < 4))
        {
            throw ConnectionMethods.Misplaced(frame);
        }

        ServerChannel channel = _lastChannel is { } last && last.Number == frame.Channel ? last : Find(frame.Channel);
        channel.Handle(frame);
        if (frame.Type != FrameType.Method && Host.Alarm is { } alarm && Stage == ConnectionStage.Running)
        {
            // RabbitMQ notices a publisher by its content: the method still passes, after the header nothing is read.
            Block(alarm);
        }
    }

    private void Block(string reason)
    {
        IsBlocked = true;
        if (Knows("connection.blocked"))
        {
            Send(0, new AmqpConnection.Blocked(reason));
        }
    }

    private ServerChannel Find(ushort number)
    {
        if (!_channels.TryGetValue(number, out ServerChannel? channel))
        {
            if (ChannelMax != 0 && _channels.Count >= ChannelMax)
            {
                throw AmqpErrorException.NotAllowed(
                    $"number of channels opened ({_channels.Count}) has reached the negotiated channel_max ({ChannelMax})");
            }

            _channels.Add(number, channel = new ServerChannel(this, number));
        }

        _lastChannel = channel;
        return channel;
    }
}

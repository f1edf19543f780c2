using System.Buffers.Binary;

namespace ResilientRabbit.Connections;

/// <summary>
/// Divides what the broker sends: deliveries of diverted channels go to their sinks, everything else to the driver, whole frame by whole frame and in order.
/// The driver takes three arrays, two queues and the decoding of all properties for each delivery.
/// </summary>
/// <remarks>Used by the reading loop alone, but for <see cref="Divert"/>.</remarks>
/// <param name="maxContent">The largest body that is kept, in bytes: a larger one is told of without it.</param>
internal sealed class IncomingFrames(int maxContent)
{
    /// <summary>The largest body, in bytes: the driver's default.</summary>
    public const int UsualMaxContent = 64 * 1024 * 1024;

    /// <summary>The largest body that a broker can hold, in bytes (RabbitMQ's own limit). What claims to be larger ends the connection.</summary>
    public const int LargestContent = 512 * 1024 * 1024;

    /// <summary>The largest header, in bytes: it is one frame, and no broker agrees to larger ones.</summary>
    public const int MaxHeader = 64 * 1024 * 1024;

    /// <summary>The most that is asked to be there before a frame is begun: a delivery's method with three short strings of 255 bytes.</summary>
    public const int MostHeldBack = 1024;

    // AMQP 0-9-1, section 4.2.3: type (1), channel (2), size (4), payload, end (1); a method's payload begins with class (2) and method (2).
    private const int FrameHeader = 7;
    private const int MethodHeader = FrameHeader + 4;
    private const int FrameOverhead = FrameHeader + 1;
    private const byte MethodFrame = 1;
    private const byte HeaderFrame = 2;
    private const byte BodyFrame = 3;
    private const byte HeartbeatFrame = 8;
    private const byte FrameEnd = 0xCE;

    private readonly Lock _lock = new();
    private readonly List<IDeliverySink> _sinks = [];
    private DeliveryRoute?[] _routes = new DeliveryRoute?[8];
    private DeliveryRoute? _filling;
    private HeldFrame? _held;
    private long _toPass;
    private bool _hasFilled;

    /// <summary>What is masked in the broker's texts before the driver reads them.</summary>
    public ReplyMask Replies { get; init; } = new();

    /// <summary>Whether the driver has been given whole frames only.</summary>
    public bool IsBetweenFrames => _toPass == 0 && _held is not { IsBegun: true };

    /// <summary>Whether the driver can be given something although nothing more was received.</summary>
    public bool HasHeld => _held is { IsWhole: true };

    /// <summary>
    /// Whether deliveries, or parts of one, were taken since the last call of <see cref="EndBurst"/>. A part counts: on a slow line a single body may take longer than the driver
    /// waits for a sign of life.
    /// </summary>
    public bool HasTaken => _hasFilled || _sinks.Count > 0;

    /// <summary>Sends the channel's deliveries to the sink, until another sink gets them. Call it before consuming. Thread-safe.</summary>
    public DeliveryRoute Divert(int channel, IDeliverySink sink)
    {
        var route = new DeliveryRoute(sink, maxContent);
        lock (_lock)
        {
            DeliveryRoute?[] routes = _routes;
            if (channel >= routes.Length)
            {
                Array.Resize(ref routes, Math.Max(channel + 1, routes.Length * 2));
            }

            Volatile.Write(ref routes[channel], route);
            Volatile.Write(ref _routes, routes);
        }

        return route;
    }

    /// <summary>Passes on what was received. What is left in the end is needed together with what comes next, unless <paramref name="free"/> is full.</summary>
    /// <param name="received">What the broker sent. Secrets in it are masked in place.</param>
    /// <param name="free">Where the driver wants its part.</param>
    /// <param name="written">How much the driver gets.</param>
    /// <returns>How much of <paramref name="received"/> was used.</returns>
    /// <exception cref="InvalidDataException">What came is not AMQP. The connection is of no use any more.</exception>
    public int Transfer(Span<byte> received, Span<byte> free, out int written)
    {
        int used = 0;
        written = 0;
        while (used < received.Length || HasHeld)
        {
            Span<byte> rest = received[used..];
            int step;
            if (HasHeld)
            {
                _held = _held!.Pass(free[written..], out int passed) ? null : _held;
                written += passed;
                if (_held is not null)
                {
                    break;
                }

                continue;
            }

            if (_held is not null)
            {
                step = _held.Fill(rest);
            }
            else if (_toPass > 0)
            {
                step = (int)Math.Min(_toPass, Math.Min(rest.Length, free.Length - written));
                rest[..step].CopyTo(free[written..]);
                written += step;
                _toPass -= step;
            }
            else
            {
                step = _filling is null ? Begin(rest) : Fill(_filling, rest);
            }

            used += step;
            if (step == 0 && _toPass == 0 && _held is null)
            {
                break;
            }

            if (_toPass > 0 && written == free.Length)
            {
                break;
            }
        }

        return used;
    }

    /// <summary>Tells the sinks that got something that this was all for now.</summary>
    public void EndBurst()
    {
        foreach (IDeliverySink sink in _sinks)
        {
            sink.OnDeliveriesEnd();
        }

        _sinks.Clear();
        _hasFilled = false;
    }

    /// <summary>Looks at the beginning of a frame. Returns what was used of it; when that is nothing, either the frame is the driver's or more is needed.</summary>
    private int Begin(Span<byte> rest)
    {
        byte type = rest[0];
        if (type is not (MethodFrame or HeaderFrame or BodyFrame or HeartbeatFrame))
        {
            // A protocol header, or nonsense: for the driver to judge, as is all that follows.
            _toPass = long.MaxValue;
            return 0;
        }

        if (rest.Length < FrameHeader)
        {
            return 0;
        }

        int channel = BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
        uint size = BinaryPrimitives.ReadUInt32BigEndian(rest[3..]);
        DeliveryRoute?[] routes = Volatile.Read(ref _routes);
        DeliveryRoute? route = channel < routes.Length ? Volatile.Read(ref routes[channel]) : null;
        if (route is not null && type == MethodFrame)
        {
            return BeginMethod(route, rest, size);
        }

        if (route is { IsUnderWay: true } && type is HeaderFrame or BodyFrame)
        {
            return BeginContent(route, rest, type == HeaderFrame, size);
        }

        if (type == HeaderFrame)
        {
            BeginHeader(rest, size);
        }
        else if (type != MethodFrame || IsForDriver(rest, size))
        {
            _toPass = (long)size + FrameOverhead;
        }

        return 0;
    }

    /// <summary>A content header for the driver: looked at in place when it is there, else held back.</summary>
    private void BeginHeader(ReadOnlySpan<byte> rest, uint size)
    {
        if (rest.Length - FrameHeader < size)
        {
            _held = new HeldFrame(size);
            return;
        }

        RecursionGuard.CheckHeader(rest.Slice(FrameHeader, (int)size));
        _toPass = (long)size + FrameOverhead;
    }

    /// <summary>False when more of the method must be there first.</summary>
    private bool IsForDriver(Span<byte> rest, uint size) => RecursionGuard.TryPassMethod(rest, size) && Replies.TryMask(rest, size);

    private int BeginMethod(DeliveryRoute route, Span<byte> rest, uint size)
    {
        if (size >= MethodHeader - FrameHeader)
        {
            if (rest.Length < MethodHeader)
            {
                return 0;
            }

            uint method = BinaryPrimitives.ReadUInt32BigEndian(rest[FrameHeader..]);
            if (method is AmqpMethods.BasicDeliver or AmqpMethods.BasicGetOk or AmqpMethods.BasicGetEmpty)
            {
                if (size > MostHeldBack - FrameOverhead)
                {
                    throw new InvalidDataException(FormattableString.Invariant($"The broker sent what is not AMQP: a delivery's method of {size} bytes."));
                }

                int whole = (int)size + FrameOverhead;
                if (rest.Length < whole)
                {
                    return 0;
                }

                CheckEnd(rest[whole - 1]);
                if (method == AmqpMethods.BasicGetEmpty)
                {
                    route.OnEmpty();
                }
                else
                {
                    route.OnMethod(rest[MethodHeader..(whole - 1)], isPulled: method == AmqpMethods.BasicGetOk);
                }

                return whole;
            }
        }

        if (route.IsUnderWay)
        {
            throw new InvalidDataException("The broker sent what is not AMQP: a method within a delivery.");
        }

        if (IsForDriver(rest, size))
        {
            _toPass = (long)size + FrameOverhead;
        }

        return 0;
    }

    private int BeginContent(DeliveryRoute route, ReadOnlySpan<byte> rest, bool isHeader, uint size)
    {
        if (isHeader && size < DeliveryRoute.LeastHeader)
        {
            throw new InvalidDataException(FormattableString.Invariant($"The broker sent what is not AMQP: a content header of {size} bytes."));
        }

        ReadOnlySpan<byte> payload = rest[FrameHeader..];
        if (isHeader && payload.Length < DeliveryRoute.LeastHeader)
        {
            return 0;
        }

        int used = route.OnContentFrame(isHeader, size, payload);
        _filling = route;
        return FrameHeader + used;
    }

    private int Fill(DeliveryRoute route, ReadOnlySpan<byte> rest)
    {
        int used = route.Fill(rest);
        _hasFilled = true;
        if (!route.IsFrameFilled || used == rest.Length)
        {
            return used;
        }

        CheckEnd(rest[used]);
        _filling = null;
        if (route.EndFrame() is { } sink && !_sinks.Contains(sink))
        {
            _sinks.Add(sink);
        }

        return used + 1;
    }

    private static void CheckEnd(byte end)
    {
        if (end != FrameEnd)
        {
            throw new InvalidDataException(FormattableString.Invariant($"The broker sent what is not AMQP: a frame ends with {end:x2}."));
        }
    }
}

using ResilientRabbit.Testing.Faults;

namespace ResilientRabbit.Testing;

/// <summary>A fault that has its where and when and still lacks its action. Each action sets one fault and gives its handle.</summary>
/// <remarks>Not thread-safe: build a trigger in one go.</remarks>
public sealed partial class FaultTrigger
{
    private readonly FaultEngine _engine;
    private readonly FrameDirection _direction;
    private readonly AmqpMethod? _method;
    private int? _connection;
    private int? _channel;
    private Func<JournalEntry, bool>? _where;
    private FaultPosition? _position;
    private int _nth = 1;
    private int _times = 1;

    internal FaultTrigger(FaultEngine engine, FrameDirection direction, AmqpMethod? method)
    {
        _engine = engine;
        _direction = direction;
        _method = method;
    }

    /// <summary>Only on one connection. Default: any.</summary>
    /// <param name="number">The connection's number; broker and proxy count from 1.</param>
    /// <returns>The same trigger.</returns>
    public FaultTrigger OnConnection(int number)
    {
        _connection = number;
        return this;
    }

    /// <summary>Only on one channel. Default: any.</summary>
    /// <param name="number">The channel's number as the client gave it.</param>
    /// <returns>The same trigger.</returns>
    public FaultTrigger OnChannel(int number)
    {
        _channel = number;
        return this;
    }

    /// <summary>Only where a condition holds; frames for which it does not are not counted.</summary>
    /// <param name="condition">Looks at what the journal would say of the method. It is called on the connection's way: quick, and without waiting.</param>
    /// <returns>The same trigger.</returns>
    public FaultTrigger Where(Func<JournalEntry, bool> condition)
    {
        _where = condition;
        return this;
    }

    /// <summary>From which matching frame on, counted from 1 since the fault is set. Default: 1.</summary>
    /// <param name="nth">The number.</param>
    /// <returns>The same trigger.</returns>
    public FaultTrigger Nth(int nth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nth, 1);
        _nth = nth;
        return this;
    }

    /// <summary>At how many matching frames. Default: 1.</summary>
    /// <param name="times">The count.</param>
    /// <returns>The same trigger.</returns>
    public FaultTrigger Times(int times)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        _times = times;
        return this;
    }

    /// <summary>At all matching frames, until cancelled.</summary>
    /// <returns>The same trigger.</returns>
    public FaultTrigger Always() => Times(int.MaxValue);

    /// <summary>The action comes before the frame, which then goes on.</summary>
    /// <returns>The same trigger.</returns>
    public FaultTrigger Before() => At(FaultPosition.Before);

    /// <summary>The action takes the frame's place.</summary>
    /// <returns>The same trigger.</returns>
    public FaultTrigger Instead() => At(FaultPosition.Instead);

    /// <summary>The action comes after the frame: for one of the client when the broker has dealt with it, for one of the broker when it is written.</summary>
    /// <returns>The same trigger.</returns>
    public FaultTrigger After() => At(FaultPosition.After);

    private FaultTrigger At(FaultPosition position)
    {
        _position = position;
        return this;
    }

    // For actions that make sense before, instead of and after a frame.
    private FaultHandle Set(string name, Action<FaultStep> action) => Add(name, _position ?? FaultPosition.After, action);

    // For actions that do something to the frame itself.
    private FaultHandle SetInstead(string name, Action<FaultStep> action)
        => _position is null or FaultPosition.Instead
            ? Add(name, FaultPosition.Instead, action)
            : throw new InvalidOperationException($"'{name}' works on the frame itself: it cannot come before or after it.");

    private FaultHandle SetToClient(string name, Action<FaultStep, OutLane> action)
        => _direction == FrameDirection.FromBroker
            ? SetInstead(name, step => action(step, (OutLane)step.Lane))
            : throw new InvalidOperationException($"'{name}' shapes bytes to the client: it needs a frame from the broker.");

    private FaultHandle Add(string name, FaultPosition position, Action<FaultStep> action)
    {
        var handle = new FaultHandle(_engine, $"{name} {position} {_direction} {_method?.ToString() ?? "any"} from {_nth}");
        _engine.Add(new FaultRule
        {
            Direction = _direction,
            Method = _method,
            Connection = _connection,
            Channel = _channel,
            Where = _where,
            Nth = _nth,
            Times = _times,
            Position = position,
            Action = action,
            Handle = handle,
        });
        return handle;
    }
}

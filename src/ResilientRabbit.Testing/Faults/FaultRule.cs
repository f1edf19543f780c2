using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>Where, when and what of one fault. Counted under the engine's lock.</summary>
internal sealed class FaultRule
{
    private int _seen;
    private int _uses;

    public required FrameDirection Direction { get; init; }

    public AmqpMethod? Method { get; init; }

    public int? Connection { get; init; }

    public int? Channel { get; init; }

    public Func<JournalEntry, bool>? Where { get; init; }

    /// <summary>From which matching frame on, counted from 1.</summary>
    public int Nth { get; init; } = 1;

    public int Times { get; init; } = 1;

    public required FaultPosition Position { get; init; }

    public required Action<FaultStep> Action { get; init; }

    public required FaultHandle Handle { get; init; }

    /// <summary>It happens no more.</summary>
    public bool IsUsedUp => _uses >= Times;

    /// <summary>Counts the command if it matches.</summary>
    /// <returns>True when the fault is due at it.</returns>
    public bool IsDue(FaultLane lane, Command command)
    {
        if (lane.Direction != Direction
            || (Method is { } method && method != command.Method)
            || (Connection is { } connection && connection != lane.Link.Number)
            || (Channel is { } channel && channel != command.Channel)
            || (Where is { } where && !where(lane.Describe(command))))
        {
            return false;
        }

        _seen++;
        return _seen >= Nth && !IsUsedUp;
    }

    public void Use() => _uses++;
}

namespace ResilientRabbit.Testing.Faults;

/// <summary>What happens to accepted connections.</summary>
internal sealed class ConnectRule
{
    private int _seen;
    private int _uses;

    /// <summary>From which accepted connection on, counted from 1 since the fault was set.</summary>
    public int Nth { get; init; } = 1;

    public int Times { get; init; } = 1;

    public required ConnectAction Action { get; init; }

    /// <summary>What a connection is told instead of AMQP.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    public required FaultHandle Handle { get; init; }

    /// <summary>It happens no more.</summary>
    public bool IsUsedUp => _uses >= Times;

    public bool Counts()
    {
        _seen++;
        if (_seen < Nth || IsUsedUp)
        {
            return false;
        }

        _uses++;
        return true;
    }
}

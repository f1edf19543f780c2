using ResilientRabbit.Testing.Faults;

namespace ResilientRabbit.Testing;

/// <summary>A fault at new connections that still lacks its action.</summary>
public sealed class ConnectTrigger
{
    private readonly FaultEngine _engine;
    private int _nth = 1;
    private int _times = 1;

    internal ConnectTrigger(FaultEngine engine) => _engine = engine;

    /// <summary>From which new connection on, counted from 1 since the fault is set. Default: 1.</summary>
    /// <param name="nth">The number.</param>
    /// <returns>The same trigger.</returns>
    public ConnectTrigger Nth(int nth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nth, 1);
        _nth = nth;
        return this;
    }

    /// <summary>For how many connections. Default: 1.</summary>
    /// <param name="times">The count.</param>
    /// <returns>The same trigger.</returns>
    public ConnectTrigger Times(int times)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        _times = times;
        return this;
    }

    /// <summary>For all connections, until cancelled.</summary>
    /// <returns>The same trigger.</returns>
    public ConnectTrigger Always() => Times(int.MaxValue);

    /// <summary>The connection is accepted by the kernel and reset at once.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Refuse() => Set(ConnectAction.Reset, "reset", default);

    /// <summary>The connection is accepted and ended with FIN before a byte is said.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle AcceptThenClose() => Set(ConnectAction.Close, "close", default);

    /// <summary>The connection is accepted and never answered, until <see cref="FaultHandle.Release"/>: then it is served.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle AcceptThenSilence() => Set(ConnectAction.Silence, "silence", default);

    /// <summary>The connection is told something that is no AMQP, then FIN.</summary>
    /// <param name="bytes">What.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Answer(ReadOnlyMemory<byte> bytes) => Set(ConnectAction.Send, "answer", bytes);

    private FaultHandle Set(ConnectAction action, string name, ReadOnlyMemory<byte> bytes)
    {
        var handle = new FaultHandle(_engine, $"{name} at connection {_nth}");
        _engine.Add(new ConnectRule { Nth = _nth, Times = _times, Action = action, Bytes = bytes, Handle = handle });
        return handle;
    }
}

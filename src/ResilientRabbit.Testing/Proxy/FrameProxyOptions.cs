using System.Net;

namespace ResilientRabbit.Testing;

/// <summary>How a <see cref="FrameProxy"/> is set up. Read when it starts; later changes have no effect.</summary>
public sealed class FrameProxyOptions
{
    /// <summary>The host of the broker, or of whatever stands before it.</summary>
    /// <value>Default: 127.0.0.1.</value>
    public string TargetHost { get; set; } = "127.0.0.1";

    /// <summary>The port of the broker.</summary>
    /// <value>Default: 5672.</value>
    public int TargetPort { get; set; } = 5672;

    /// <summary>The address on which the proxy listens.</summary>
    /// <value>Default: loopback.</value>
    public IPAddress ListenAddress { get; set; } = IPAddress.Loopback;

    /// <summary>The port on which the proxy listens; 0: a free one.</summary>
    /// <value>Default: 0.</value>
    public int ListenPort { get; set; }

    /// <summary>Whether a journal is kept. It costs a few microseconds and an entry per method: switch it off to measure throughput.</summary>
    /// <value>Default: true.</value>
    public bool KeepJournal { get; set; } = true;

    /// <summary>How many entries the journal keeps; older ones are dropped.</summary>
    /// <value>Default: 100,000.</value>
    public int JournalCapacity { get; set; } = FrameJournal.DefaultCapacity;
}

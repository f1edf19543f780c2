using Microsoft.Extensions.Logging;
using ResilientRabbit.Connections;
using ResilientRabbit.Declaring;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>What every subscription of one client shares.</summary>
internal sealed record SubscriptionServices(
    ConnectionSupervisor Connection, TopologyDeclarer Topology, IPublisher Publisher, TimeSpan RequestTimeout, ConsumerDefaults Defaults, ILogger Logger, TimeProvider Time)
{
    /// <summary>The largest body that is received, in bytes.</summary>
    public int MaxInbound { get; init; } = IncomingFrames.UsualMaxContent;

    /// <summary>Keeps a flood of bad messages from becoming a flood of lines.</summary>
    public RepeatLimit Repeats { get; } = new(Time);

    /// <summary>How many questions about queues that may have lost their leader are asked at the same time.</summary>
    public SemaphoreSlim Outage { get; } = new(8);

    public ClientTelemetry Telemetry { get; init; } = ClientTelemetry.None;
}

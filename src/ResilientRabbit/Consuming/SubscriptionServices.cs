using Microsoft.Extensions.Logging;
using ResilientRabbit.Connections;
using ResilientRabbit.Declaring;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>What every subscription of one client shares.</summary>
internal sealed record SubscriptionServices(
    ConnectionSupervisor Connection, TopologyDeclarer Topology, IPublisher Publisher, TimeSpan RequestTimeout, ConsumerDefaults Defaults, ILogger Logger, TimeProvider Time)
{
    public ClientTelemetry Telemetry { get; init; } = ClientTelemetry.None;
}

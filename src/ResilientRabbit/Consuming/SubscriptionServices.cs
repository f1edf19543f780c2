using Microsoft.Extensions.Logging;
using ResilientRabbit.Connections;
using ResilientRabbit.Declaring;

namespace ResilientRabbit.Consuming;

/// <summary>What every subscription of one client shares.</summary>
internal sealed record SubscriptionServices(
    ConnectionSupervisor Connection, TopologyDeclarer Topology, IPublisher Publisher, TimeSpan RequestTimeout, ConsumerDefaults Defaults, ILogger Logger, TimeProvider Time);

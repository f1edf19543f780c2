using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;
using ResilientRabbit.Publishing;

namespace ResilientRabbit;

/// <summary>Lets the instruments read a client without knowing its parts.</summary>
internal sealed class MeasuredClient(Publisher publisher, EndpointSelector endpoints, SubscriptionList subscriptions, IReadOnlyList<ConnectionSupervisor> supervisors) : IMeasuredClient
{
    public PublishCounts Counts => publisher.Counts;

    public int InFlight => publisher.InFlight;

    public TimeSpan OldestUnconfirmed => publisher.OldestUnconfirmed;

    public IReadOnlyList<ConnectionStatus> Connections => [.. supervisors.Select(static supervisor => supervisor.Status)];

    public IReadOnlyList<SubscriptionStatus> Subscriptions => subscriptions.Statuses;

    public IReadOnlyList<(string Host, int Port, bool IsQuarantined)> Endpoints => endpoints.Snapshot();
}

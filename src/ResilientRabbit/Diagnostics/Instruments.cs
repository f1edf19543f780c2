using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace ResilientRabbit.Diagnostics;

/// <summary>Declares every instrument, once for each meter, and reads the observable ones from all clients of that meter. Names, units and tags are API.</summary>
internal sealed class Instruments
{
    private const string Message = "{message}";

    // OpenTelemetry's advice for durations of messaging.
    private static readonly InstrumentAdvice<double> Durations = new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] };
    private static readonly ConnectionState[] States = Enum.GetValues<ConnectionState>();
    private static readonly SubscriptionState[] ConsumerStates = [SubscriptionState.Starting, SubscriptionState.Consuming, SubscriptionState.Resubscribing, SubscriptionState.Paused];
    private static readonly ConditionalWeakTable<Meter, Instruments> ByMeter = [];
    private static readonly Lock ByMeterGate = new();
    private static readonly Meter Shared = new(ResilientRabbitTelemetry.Name, ResilientRabbitTelemetry.Version);

    private readonly Lock _gate = new();
    private ClientTelemetry[] _clients = [];
    private IMeasuredBridge[] _bridges = [];

    private Instruments(Meter meter)
    {
        // OpenTelemetry's conventions.
        OperationDuration = meter.CreateHistogram("messaging.client.operation.duration", "s", "Time from the publishing call to the outcome of the message; of an acknowledgement that covers more than 32 messages, up to 32 of them, evenly spread.", null, Durations);
        SentMessages = meter.CreateCounter<long>("messaging.client.sent.messages", Message, "Messages that got an outcome; error.type tells the ones that were not confirmed.");
        ConsumedMessages = meter.CreateCounter<long>("messaging.client.consumed.messages", Message, "Messages handed to a handler or pulled, repeated deliveries included.");
        ProcessDuration = meter.CreateHistogram("messaging.process.duration", "s", "Time that a handler took.", null, Durations);

        // From here on our own. First those that add up, in the order in which a collection reads them: see CountsPass.
        meter.CreateObservableCounter("rabbitmq.client.publish.submitted", () => Counts(0, static counts => counts.Submitted), Message, "Messages accepted by the publisher.");
        meter.CreateObservableCounter("rabbitmq.client.publish.outcomes", Outcomes, Message, "Messages by outcome. Outcomes and pending messages add up to the submitted ones in every collection.");
        meter.CreateObservableUpDownCounter("rabbitmq.client.pending.messages", () => Counts(2, static counts => counts.Pending), Message, "Messages without an outcome.");
        meter.CreateObservableUpDownCounter("rabbitmq.client.pending.bytes", () => Counts(3, static counts => counts.PendingBytes), "By", "Bytes of the bodies of the messages without an outcome.");
        meter.CreateObservableCounter("rabbitmq.client.publish.replayed", () => Counts(4, static counts => counts.Replayed), Message, "Copies beyond the first that were written after a loss, a nack or an isolation step.");
        meter.CreateObservableUpDownCounter("rabbitmq.client.publish.in_flight", InFlight, Message, "Messages on the wire without an answer.");
        meter.CreateObservableGauge("rabbitmq.client.publish.oldest_age", OldestAge, "s", "Age of the oldest message without an outcome; 0 when there is none.");
        meter.CreateObservableUpDownCounter("rabbitmq.client.connection.state", ConnectionStates, "{connection}", "Connections by role and state.");
        meter.CreateObservableCounter("rabbitmq.client.connection.blocked.time", BlockedTime, "s", "Time for which the broker has blocked publishing, of all connections together.");
        meter.CreateObservableUpDownCounter("rabbitmq.client.endpoint.quarantined", Quarantined, "{endpoint}", "1 while the endpoint is avoided because of a failure, otherwise 0.");
        meter.CreateObservableUpDownCounter("rabbitmq.client.consumers", Consumers, "{consumer}", "Subscriptions by queue and state.");
        Reconnects = meter.CreateCounter<long>("rabbitmq.client.reconnects", "{reconnect}", "Connections opened again, by the reason of the loss.");
        ConfirmLatency = meter.CreateHistogram("rabbitmq.client.confirm.latency", "s", "Time from the writing of a message to its confirm: one value for each acknowledgement, that of the oldest message it covers.", null, Durations);
        MarkedDuplicates = meter.CreateCounter<long>("rabbitmq.client.publish.marked_duplicates", Message, "Confirmed messages of which more than one copy was written; the later ones carry x-publish-attempt.");
        Nacked = meter.CreateCounter<long>("rabbitmq.client.publish.nacked", Message, "Copies that the broker refused with a nack.");
        Returned = meter.CreateCounter<long>("rabbitmq.client.publish.returned", Message, "Copies that the broker returned because no queue takes them.");
        LaneMoves = meter.CreateCounter<long>("rabbitmq.client.lane.moves", "{move}", "Lanes that went on over another connection, by reason.");
        Resubscribes = meter.CreateCounter<long>("rabbitmq.client.resubscribes", "{resubscribe}", "Subscriptions set up again, by the cause of the loss.");
        StaleAcks = meter.CreateCounter<long>("rabbitmq.client.consumer.stale_acks", Message, "Messages that were handled and could not be acknowledged because their channel was gone.");
        meter.CreateObservableCounter("rabbitmq.client.bridge.messages", BridgeOutcomes, Message, "Messages of bridges by what became of them: forwarded, refused, loop, requeued.");
        meter.CreateObservableUpDownCounter("rabbitmq.client.bridge.in_flight", () => EachBridge(static bridge => (long)bridge.InFlight), Message, "Messages of bridges that the far side has not answered.");
        meter.CreateObservableGauge("rabbitmq.client.bridge.oldest_age", () => EachBridge(static bridge => bridge.OldestAge.TotalSeconds), "s", "How long the oldest message of a bridge has been waiting for the far side; 0 when there is none.");
        meter.CreateObservableGauge("rabbitmq.client.bridge.lag", () => EachBridge(static bridge => bridge.Lag?.TotalSeconds ?? 0), "s", "How old the last forwarded message was when the far side confirmed it, by its timestamp; 0 without timestamps.");
        Redelivered = meter.CreateCounter<long>("rabbitmq.client.deliveries.redelivered", Message, "Deliveries that the broker marked as repeated.");
    }

    /// <summary>The instruments that nobody can see: for parts that are used without a client.</summary>
    public static Instruments Nowhere { get; } = new(new Meter("ResilientRabbit.Nowhere"));

    public Histogram<double> OperationDuration { get; }

    public Counter<long> SentMessages { get; }

    public Counter<long> ConsumedMessages { get; }

    public Histogram<double> ProcessDuration { get; }

    public Counter<long> Reconnects { get; }

    public Histogram<double> ConfirmLatency { get; }

    public Counter<long> MarkedDuplicates { get; }

    public Counter<long> Nacked { get; }

    public Counter<long> Returned { get; }

    public Counter<long> LaneMoves { get; }

    public Counter<long> Resubscribes { get; }

    public Counter<long> StaleAcks { get; }

    public Counter<long> Redelivered { get; }

    /// <summary>The clients that are measured, in the order in which they were built.</summary>
    public IReadOnlyList<ClientTelemetry> Clients => Volatile.Read(ref _clients);

    /// <summary>The instruments of the container's meter or, without a container, of the process's.</summary>
    public static Instruments For(IMeterFactory? factory)
    {
        Meter meter = factory?.Create(new MeterOptions(ResilientRabbitTelemetry.Name) { Version = ResilientRabbitTelemetry.Version }) ?? Shared;

        // Two threads at once would make the observable instruments twice.
        lock (ByMeterGate)
        {
            return ByMeter.GetValue(meter, static key => new Instruments(key));
        }
    }

    /// <summary>Adds a client under its name or, when another living client has that, under the name and a number: two series with the same tags would be one.</summary>
    public string Add(ClientTelemetry client, string name)
    {
        lock (_gate)
        {
            string unique = name;
            for (int number = 2; Array.Exists(_clients, other => string.Equals(other.Name, unique, StringComparison.Ordinal)); number++)
            {
                unique = FormattableString.Invariant($"{name}#{number}");
            }

            client.Name = unique;
            Volatile.Write(ref _clients, [.. _clients, client]);
            return unique;
        }
    }

    public void Remove(ClientTelemetry client)
    {
        lock (_gate)
        {
            Volatile.Write(ref _clients, [.. _clients.Where(other => other != client)]);
        }
    }

    /// <summary>Adds a bridge. Its name is its own: that is a rule of its options.</summary>
    public void Add(IMeasuredBridge bridge)
    {
        lock (_gate)
        {
            Volatile.Write(ref _bridges, [.. _bridges, bridge]);
        }
    }

    public void Remove(IMeasuredBridge bridge)
    {
        lock (_gate)
        {
            Volatile.Write(ref _bridges, [.. _bridges.Where(other => other != bridge)]);
        }
    }

    private static KeyValuePair<string, object?> TagOf(IMeasuredBridge bridge) => TelemetryTags.Of(TelemetryTags.Bridge, bridge.Name);

    private Measurement<T>[] EachBridge<T>(Func<IMeasuredBridge, T> value)
        where T : struct
        => [.. Volatile.Read(ref _bridges).Select(bridge => new Measurement<T>(value(bridge), TagOf(bridge)))];

    private Measurement<long>[] BridgeOutcomes()
    {
        List<Measurement<long>> values = [];
        foreach (IMeasuredBridge bridge in Volatile.Read(ref _bridges))
        {
            foreach ((long value, string outcome) in new[] { (bridge.Forwarded, "forwarded"), (bridge.Refused, "refused"), (bridge.Loops, "loop"), (bridge.Requeued, "requeued") })
            {
                values.Add(new Measurement<long>(value, TagOf(bridge), TelemetryTags.Of(TelemetryTags.Outcome, outcome)));
            }
        }

        return [.. values];
    }

    private Measurement<long>[] Counts(int number, Func<PublishCounts, long> value)
        => [.. CountsPass.For(this, number).Select(pair => new Measurement<long>(value(pair.Counts), pair.Client.NameTag))];

    private Measurement<long>[] Outcomes()
    {
        List<Measurement<long>> values = [];
        foreach ((ClientTelemetry client, PublishCounts counts) in CountsPass.For(this, 1))
        {
            values.Add(Outcome(client, counts.Confirmed, "confirmed"));
            values.Add(Outcome(client, counts.NotSent, nameof(PublishFailure.NotSent)));
            values.Add(Outcome(client, counts.Refused, nameof(PublishFailure.Refused)));
            values.Add(Outcome(client, counts.Unroutable, nameof(PublishFailure.Unroutable)));
            values.Add(Outcome(client, counts.Unknown, nameof(PublishFailure.Unknown)));
        }

        return [.. values];
    }

    private static Measurement<long> Outcome(ClientTelemetry client, long value, string outcome) => new(value, client.NameTag, TelemetryTags.Of(TelemetryTags.Outcome, outcome));

    private Measurement<long>[] InFlight() => Each<long>(static (client, measured) => [new Measurement<long>(measured.InFlight, client.NameTag)]);

    private Measurement<double>[] OldestAge() => Each<double>(static (client, measured) => [new Measurement<double>(measured.OldestUnconfirmed.TotalSeconds, client.NameTag)]);

    private Measurement<double>[] BlockedTime() => Each<double>(static (client, _) => [new Measurement<double>(client.BlockedTime.TotalSeconds, client.NameTag)]);

    // All states, also those that no connection is in: a series that comes and goes is no good for alerts.
    private Measurement<long>[] ConnectionStates() => Each<long>(static (client, measured) =>
        from role in measured.Connections.GroupBy(static connection => ClientTelemetry.RoleOf(connection.Name), StringComparer.Ordinal)
        from state in States
        select new Measurement<long>(
            role.Count(connection => connection.State == state), client.NameTag, TelemetryTags.Of(TelemetryTags.Role, role.Key), TelemetryTags.Of(TelemetryTags.State, state.ToString())));

    private Measurement<long>[] Quarantined() => Each<long>(static (client, measured) => measured.Endpoints.Select(endpoint => new Measurement<long>(
        endpoint.IsQuarantined ? 1 : 0, client.NameTag, TelemetryTags.Of(TelemetryTags.ServerAddress, endpoint.Host), TelemetryTags.Of(TelemetryTags.ServerPort, endpoint.Port))));

    private Measurement<long>[] Consumers() => Each<long>(static (client, measured) =>
        from queue in measured.Subscriptions.GroupBy(static subscription => subscription.Queue, StringComparer.Ordinal)
        from state in ConsumerStates
        select new Measurement<long>(
            queue.Count(subscription => subscription.State == state), client.NameTag, TelemetryTags.Of(TelemetryTags.Destination, queue.Key), TelemetryTags.Of(TelemetryTags.State, state.ToString())));

    private Measurement<T>[] Each<T>(Func<ClientTelemetry, IMeasuredClient, IEnumerable<Measurement<T>>> read)
        where T : struct
        => [.. Clients.SelectMany(client => client.Measured is { } measured ? read(client, measured) : [])];
}

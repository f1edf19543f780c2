namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The options of queues and consumers.</summary>
internal static class OsloQueueOptions
{
    public static readonly OsloOption Durable = New(
        "amqp_durable_queues", OsloKind.Flag, "false", OsloKeyFate.Applied,
        "Declarations.Durable: for queues and exchanges whose description leaves it open. With quorum queues it is ignored: they are durable.") with
    {
        Deprecated = [("", "rabbit_durable_queues"), (OsloEntry.DefaultGroup, "rabbit_durable_queues"), (OsloEntry.DefaultGroup, "amqp_durable_queues")],
    };

    public static readonly OsloOption AutoDelete = New(
        "amqp_auto_delete", OsloKind.Flag, "false", OsloKeyFate.Applied, "Declarations.AutoDelete, likewise; not with quorum queues.") with
    {
        Deprecated = [(OsloEntry.DefaultGroup, "amqp_auto_delete")],
    };

    public static readonly OsloOption HaQueues = New(
        "rabbit_ha_queues", OsloKind.Flag, "false", OsloKeyFate.Applied,
        "Declarations.HaPolicyArgument: queues are declared with x-ha-policy = all. Brokers ignore it since RabbitMQ 3.0; mirroring needs a policy. Not together with rabbit_quorum_queue.") with
    {
        Deprecated = [(OsloEntry.DefaultGroup, "rabbit_ha_queues")],
    };

    public static readonly OsloOption Quorum = New(
        "rabbit_quorum_queue", OsloKind.Flag, "false", OsloKeyFate.Applied, "Declarations.QueueType = Quorum: durable queues of no other type are declared with x-queue-type = quorum.");

    public static readonly OsloOption TransientQuorum = New(
        "rabbit_transient_quorum_queue", OsloKind.Flag, "false", OsloKeyFate.Applied,
        "Declarations.TransientQueueType = Quorum: queues described as not durable are declared as durable quorum queues.");

    public static readonly OsloOption DeliveryLimit = New(
        "rabbit_quorum_delivery_limit", OsloKind.Integer, "0", OsloKeyFate.Applied, "Declarations.DeliveryLimit: x-delivery-limit of quorum queues; 0 sets none.");

    public static readonly OsloOption MemoryLength = New(
        "rabbit_quorum_max_memory_length", OsloKind.Integer, "0", OsloKeyFate.Applied, "Declarations.MaxInMemoryLength: x-max-in-memory-length of quorum queues; 0 sets none.") with
    {
        Deprecated = [("", "rabbit_quroum_max_memory_length")],
    };

    public static readonly OsloOption MemoryBytes = New(
        "rabbit_quorum_max_memory_bytes", OsloKind.Integer, "0", OsloKeyFate.Applied, "Declarations.MaxInMemoryBytes: x-max-in-memory-bytes of quorum queues; 0 sets none.") with
    {
        Deprecated = [("", "rabbit_quroum_max_memory_bytes")],
    };

    public static readonly OsloOption TransientTtl = New(
        "rabbit_transient_queues_ttl", OsloKind.Integer, "1800", OsloKeyFate.Applied,
        "Declarations.TransientQueueExpiry in seconds: x-expires of queues described as not durable; 0 sets none.") with
    {
        Min = 0,
    };

    public static readonly OsloOption Prefetch = New(
        "rabbit_qos_prefetch_count", OsloKind.Integer, "0", OsloKeyFate.Translated,
        "Consumers.Prefetch. 0 is unlimited in oslo; here nothing is unlimited and the SDK's default (100) stays.");

    public static readonly OsloOption CancelOnFailover = New(
        "enable_cancel_on_failover", OsloKind.Flag, "false", OsloKeyFate.Applied, "Consumers.CancelOnFailover: consumers are opened with x-cancel-on-ha-failover = true.");

    public static readonly IReadOnlyList<OsloOption> All =
        [Durable, AutoDelete, HaQueues, Quorum, TransientQuorum, DeliveryLimit, MemoryLength, MemoryBytes, TransientTtl, Prefetch, CancelOnFailover];

    private static OsloOption New(string name, OsloKind kind, string value, OsloKeyFate fate, string effect) => new(OsloOptions.Rabbit, name, kind, value, fate, effect);
}

using ResilientRabbit.Declaring;

namespace ResilientRabbit.Consuming;

/// <summary>The queues that retrying and dead-lettering need. Those that the application declares itself are left to it.</summary>
internal static class RetryTopology
{
    /// <summary>Far beyond what looking at dead letters by hand can reach: 4.x would drop a message after 20 returns.</summary>
    private const int DeadLetterDeliveryLimit = 1_000_000;

    public static Topology Of(ConsumerSettings settings, TopologyDeclarer declarer) => new(
        [],
        [.. new[] { RetryQueue(settings, IsQuorum(settings, declarer)), DeadLetterQueue(settings, IsQuorum(settings, declarer)) }.Where(queue => declarer.FindQueue(queue.Name) is null)],
        []);

    internal static QueueSpec RetryQueue(ConsumerSettings settings, bool isQuorum)
    {
        var spec = new QueueSpec
        {
            Name = settings.RetryQueue,
            Type = isQuorum ? QueueType.Quorum : QueueType.Classic,
            MessageTtl = settings.RetryDelay,
            DeadLetterExchange = "",
            DeadLetterRoutingKey = settings.Queue,
        };
        if (!isQuorum)
        {
            return spec;
        }

        // Quorum queues can hand over with a confirm: a message stays until its queue has taken it.
        return spec with
        {
            Arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-dead-letter-strategy"] = "at-least-once", ["x-overflow"] = "reject-publish" },
        };
    }

    internal static QueueSpec DeadLetterQueue(ConsumerSettings settings, bool isQuorum) => new()
    {
        Name = settings.DeadLetterQueue,
        Type = isQuorum ? QueueType.Quorum : QueueType.Classic,
        DeliveryLimit = isQuorum ? DeadLetterDeliveryLimit : null,
    };

    private static bool IsQuorum(ConsumerSettings settings, TopologyDeclarer declarer) =>
        declarer.FindQueue(settings.Queue) is { } queue && QueueArguments.IsQuorum(queue);
}

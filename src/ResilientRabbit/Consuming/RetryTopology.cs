using ResilientRabbit.Declaring;

namespace ResilientRabbit.Consuming;

/// <summary>The queues that retrying and dead-lettering need. Those that the application declares itself are left to it by the registry.</summary>
internal static class RetryTopology
{
    /// <summary>Far beyond what looking at messages by hand can reach: 4.x would drop one after 20 returns.</summary>
    private const int NoDeliveryLimit = 1_000_000;

    public static IReadOnlyList<QueueSpec> Of(ConsumerSettings settings, TopologyDeclarer declarer)
    {
        bool isQuorum = IsQuorum(settings, declarer);
        List<QueueSpec> queues = [.. settings.RetryDelays.Distinct().Select(delay => RetryQueue(settings, delay, isQuorum))];
        if (settings.DeadLetterBy == DeadLetterMethod.Publish)
        {
            queues.Add(DeadLetterQueue(settings, isQuorum));
        }

        return [.. queues.DistinctBy(static queue => queue.Name, StringComparer.Ordinal)];
    }

    internal static QueueSpec RetryQueue(ConsumerSettings settings, TimeSpan delay, bool isQuorum)
    {
        var spec = new QueueSpec
        {
            Name = ConsumerSettings.RetryQueueOf(settings.Queue, delay),
            Type = isQuorum ? QueueType.Quorum : QueueType.Classic,
            MessageTtl = delay,
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
            DeliveryLimit = NoDeliveryLimit,
            Arguments = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-dead-letter-strategy"] = "at-least-once", ["x-overflow"] = "reject-publish" },
        };
    }

    internal static QueueSpec DeadLetterQueue(ConsumerSettings settings, bool isQuorum) => new()
    {
        Name = settings.DeadLetterQueue,
        Type = isQuorum ? QueueType.Quorum : QueueType.Classic,
        DeliveryLimit = isQuorum ? NoDeliveryLimit : null,
    };

    private static bool IsQuorum(ConsumerSettings settings, TopologyDeclarer declarer) =>
        declarer.FindQueue(settings.Queue) is { } queue && QueueArguments.IsQuorum(queue);
}

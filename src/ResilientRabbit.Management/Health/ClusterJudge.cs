namespace ResilientRabbit.Management.Health;

/// <summary>Finds what is not as it should be in a cluster. Pure; what is worst comes first.</summary>
internal static class ClusterJudge
{
    public static IReadOnlyList<ClusterReason> Judge(ClusterStatus status, IReadOnlyList<QueueInfo> queues, ManagementHealthOptions options)
    {
        List<ClusterReason> reasons = [];
        foreach ((string node, IReadOnlyList<string> others) in status.Partitions)
        {
            reasons.Add(new ClusterReason("partition", $"Node {node} was cut off from {string.Join(", ", others)}."));
        }

        AddIfAny(reasons, "alarm", status.Alarms, "Publishers are blocked by alarms: ");
        AddIfAny(reasons, "node-down", status.StoppedNodes, "Nodes do not run: ");
        if (options.CheckReplicas)
        {
            AddIfAny(reasons, "unsynchronised-mirrors", [.. queues.Where(static queue => queue.UnsynchronisedMirrors.Count > 0).Select(static queue => queue.Name)], "Queues have mirrors that lack messages: ");
            AddIfAny(
                reasons, "members-offline", [.. queues.Where(static queue => queue.Members.Count > queue.OnlineMembers.Count).Select(static queue => queue.Name)], "Quorum queues have members that are offline: ");
        }

        foreach (string name in options.QueuesWithConsumers)
        {
            QueueInfo? queue = queues.FirstOrDefault(found => string.Equals(found.Name, name, StringComparison.Ordinal));
            if (queue is null)
            {
                reasons.Add(new ClusterReason("queue-missing", $"Queue '{name}' does not exist."));
            }
            else if (queue.Consumers == 0)
            {
                reasons.Add(new ClusterReason("queue-without-consumers", $"Queue '{name}' has no consumer and {queue.Messages ?? 0} messages."));
            }
        }

        return reasons;
    }

    private static void AddIfAny(List<ClusterReason> reasons, string word, IReadOnlyList<string> names, string sentence)
    {
        const int MostNames = 10;
        if (names.Count > 0)
        {
            string more = names.Count > MostNames ? FormattableString.Invariant($" and {names.Count - MostNames} more") : "";
            reasons.Add(new ClusterReason(word, $"{sentence}{string.Join(", ", names.Take(MostNames))}{more}."));
        }
    }
}

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Compares what the SDK said with what the broker holds.</summary>
public static class HistoryChecker
{
    public static Verdict Check(IReadOnlyCollection<SentMessage> sent, IReadOnlyList<FoundMessage> found)
    {
        Dictionary<string, SentMessage> byId = sent.ToDictionary(static message => message.Id, StringComparer.Ordinal);
        ILookup<string, FoundMessage> copies = found.ToLookup(static message => message.Id, StringComparer.Ordinal);
        List<string> repeated = [.. copies.Where(static group => group.Count() > 1).Select(static group => group.Key)];
        return new Verdict
        {
            Attempted = sent.Count,
            Acknowledged = sent.Count(static message => message.Outcome == SentOutcome.Confirmed),
            Found = copies.Count,
            Lost = sent.Count(message => message.Outcome == SentOutcome.Confirmed && !copies.Contains(message.Id)),
            Phantom = sent.Count(message => message.Outcome == SentOutcome.NotSent && copies.Contains(message.Id)),
            Unexpected = copies.Count(group => !byId.ContainsKey(group.Key)),
            Corrupt = found.Count(static message => !message.IsIntact),
            Hung = sent.Count(static message => message.Outcome == SentOutcome.None),
            Disorder = CountDisorder(byId, found),
            Duplicates = found.Count - copies.Count,
            UnmarkedDuplicates = repeated.Count(id => !copies[id].Any(static copy => copy.IsMarked)),
            UnexplainedDuplicates = repeated.Count(id => byId.TryGetValue(id, out SentMessage? message) && message.Attempts == 1),
            Recovered = sent.Count(message => message.Outcome == SentOutcome.Unknown && copies.Contains(message.Id)),
            Unknown = sent.Count(static message => message.Outcome == SentOutcome.Unknown),
            Failed = sent.Count(static message => message.Outcome is SentOutcome.NotSent or SentOutcome.Refused or SentOutcome.Unroutable),
        };
    }

    /// <summary>Order is promised for confirmed messages of one key: by their first occurrence.</summary>
    private static int CountDisorder(Dictionary<string, SentMessage> byId, IReadOnlyList<FoundMessage> found)
    {
        var last = new Dictionary<string, int>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        int disorder = 0;
        foreach (FoundMessage message in found)
        {
            if (!seen.Add(message.Id) || !byId.TryGetValue(message.Id, out SentMessage? origin) || origin.Outcome != SentOutcome.Confirmed)
            {
                continue;
            }

            if (last.TryGetValue(message.Key, out int previous) && message.Sequence < previous)
            {
                disorder++;
            }

            last[message.Key] = Math.Max(message.Sequence, last.GetValueOrDefault(message.Key, -1));
        }

        return disorder;
    }
}

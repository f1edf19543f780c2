namespace ResilientRabbit.Testing.Journal;

/// <summary>The entries of one channel from its opening to the next one: tags mean something only within.</summary>
internal sealed class ChannelHistory
{
    private readonly List<JournalEntry> _entries = [];

    public IReadOnlyList<JournalEntry> Entries => _entries;

    /// <summary>Cuts the entries into the incarnations of channels.</summary>
    public static IReadOnlyList<ChannelHistory> Of(IEnumerable<JournalEntry> entries)
    {
        Dictionary<(int Connection, int Channel), ChannelHistory> open = [];
        List<ChannelHistory> all = [];
        foreach (JournalEntry entry in entries.Where(static entry => entry.Channel > 0))
        {
            (int Connection, int Channel) key = (entry.Connection, entry.Channel);
            if (entry.Method == AmqpMethod.ChannelOpen || !open.TryGetValue(key, out ChannelHistory? history))
            {
                history = new ChannelHistory();
                open[key] = history;
                all.Add(history);
            }

            history._entries.Add(entry);
        }

        return all;
    }

    /// <summary>What the broker said about each publish: its ack or nack, and whether it came back.</summary>
    public IReadOnlyList<(JournalEntry Publish, JournalEntry? Answer, bool Returned)> Answers()
    {
        SortedDictionary<ulong, JournalEntry> open = [];
        HashSet<(string? MessageId, string? PublishId)> returned = [];
        List<(JournalEntry Publish, JournalEntry? Answer)> answered = [];
        foreach (JournalEntry entry in _entries)
        {
            if (entry is { Method: AmqpMethod.BasicPublish, Direction: FrameDirection.FromClient, PublishNumber: { } number })
            {
                open[number] = entry;
            }
            else if (entry is { Direction: FrameDirection.FromBroker, Method: AmqpMethod.BasicAck or AmqpMethod.BasicNack, DeliveryTag: { } tag })
            {
                foreach (ulong covered in Covered(open, tag, entry.Multiple))
                {
                    open.Remove(covered, out JournalEntry? publish);
                    answered.Add((publish!, entry));
                }
            }
            else if (entry.Method == AmqpMethod.BasicReturn)
            {
                returned.Add((entry.MessageId, entry.PublishId));
            }
        }

        return
        [
            .. answered.Concat(open.Values.Select(static publish => (Publish: publish, Answer: (JournalEntry?)null)))
                .Select(pair => (pair.Publish, pair.Answer, returned.Contains((pair.Publish.MessageId, pair.Publish.PublishId)))),
        ];
    }

    private static ulong[] Covered(SortedDictionary<ulong, JournalEntry> open, ulong tag, bool multiple)
    {
        if (multiple)
        {
            return [.. open.Keys.TakeWhile(number => tag == 0 || number <= tag)];
        }

        return open.ContainsKey(tag) ? [tag] : [];
    }
}

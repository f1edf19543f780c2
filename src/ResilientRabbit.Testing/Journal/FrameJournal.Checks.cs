using ResilientRabbit.Testing.Journal;

namespace ResilientRabbit.Testing;

/// <content>What the journal says about promises.</content>
public sealed partial class FrameJournal
{
    /// <summary>Which of the messages that an application took for confirmed were not: never published, never acknowledged, or returned.</summary>
    /// <param name="confirmedMessageIds">The message-ids of which the application was told that they are confirmed.</param>
    /// <returns>The false ones; empty when all is well.</returns>
    /// <exception cref="InvalidOperationException">Entries were dropped.</exception>
    public IReadOnlyList<FalseConfirm> FalseConfirms(IEnumerable<string> confirmedMessageIds)
    {
        ArgumentNullException.ThrowIfNull(confirmedMessageIds);
        var copies = ChannelHistory.Of(Whole()).SelectMany(static history => history.Answers())
            .Where(static answered => answered.Publish.MessageId is not null)
            .ToLookup(static answered => answered.Publish.MessageId!, StringComparer.Ordinal);
        List<FalseConfirm> wrong = [];
        foreach (string id in confirmedMessageIds)
        {
            (JournalEntry Publish, JournalEntry? Answer, bool Returned)[] answers = [.. copies[id]];
            string? reason = answers switch
            {
                [] => "never published in confirm mode",
                _ when answers.Any(static answer => answer is { Answer.Method: AmqpMethod.BasicAck, Returned: false }) => null,
                _ when answers.Any(static answer => answer.Returned) => "returned",
                _ when answers.Any(static answer => answer.Answer is not null) => "nacked",
                _ => "never acknowledged",
            };
            if (reason is not null)
            {
                wrong.Add(new FalseConfirm(id, reason, [.. answers.Select(static answer => answer.Publish)]));
            }
        }

        return wrong;
    }

    /// <summary>The messages that clients published more than once, by message-id, whatever their connections.</summary>
    /// <returns>All of them, with whether their copies are marked.</returns>
    /// <exception cref="InvalidOperationException">Entries were dropped.</exception>
    public IReadOnlyList<DuplicatePublish> Duplicates()
        => [.. Publishes().GroupBy(static publish => publish.MessageId!, StringComparer.Ordinal)
            .Select(static copies => new DuplicatePublish(copies.Key, [.. copies], copies.Count(static copy => copy.PublishAttempt is null) <= 1))
            .Where(static duplicate => duplicate.Copies.Count > 1)];

    /// <summary>Acks, nacks and rejects of clients for deliveries that were not open on their channel.</summary>
    /// <returns>All of them.</returns>
    /// <exception cref="InvalidOperationException">Entries were dropped.</exception>
    public IReadOnlyList<StaleAck> StaleAcks() => [.. ChannelHistory.Of(Whole()).SelectMany(static history => StaleAcksOf(history.Entries))];

    /// <summary>Publishes into which frames of another method of the same channel were mixed.</summary>
    /// <returns>All of them.</returns>
    public IReadOnlyList<JournalEntry> Interleaved() => [.. Entries.Where(static entry => entry.IsInterleaved && entry.Direction == FrameDirection.FromClient)];

    /// <summary>Publishes whose first copy came after one that belongs behind it.</summary>
    /// <param name="key">What has an order of its own, such as the routing key; null: the publish is not looked at.</param>
    /// <param name="place">The message's place in that order, such as a number in its message-id.</param>
    /// <returns>All of them.</returns>
    /// <exception cref="InvalidOperationException">Entries were dropped.</exception>
    public IReadOnlyList<OrderBreak> OrderBreaks(Func<JournalEntry, string?> key, Func<JournalEntry, long> place)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(place);
        Dictionary<string, JournalEntry> highest = new(StringComparer.Ordinal);
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<OrderBreak> breaks = [];
        foreach (JournalEntry publish in Publishes())
        {
            if (key(publish) is not { } name || !seen.Add(publish.MessageId!))
            {
                continue;
            }

            if (highest.TryGetValue(name, out JournalEntry? before) && place(before) > place(publish))
            {
                breaks.Add(new OrderBreak(name, before, publish));
            }
            else
            {
                highest[name] = publish;
            }
        }

        return breaks;
    }

    private static IEnumerable<StaleAck> StaleAcksOf(IReadOnlyList<JournalEntry> entries)
    {
        SortedSet<ulong> open = [];
        HashSet<ulong> settled = [];
        foreach (JournalEntry entry in entries.Where(static entry => entry.DeliveryTag is not null))
        {
            ulong tag = entry.DeliveryTag ?? 0;
            if (entry is { Direction: FrameDirection.FromBroker, Method: AmqpMethod.BasicDeliver or AmqpMethod.BasicGetOk })
            {
                open.Add(tag);
            }
            else if (entry is { Direction: FrameDirection.FromClient, Multiple: true })
            {
                ulong[] covered = [.. open.Where(candidate => tag == 0 || candidate <= tag)];
                settled.UnionWith(covered);
                open.ExceptWith(covered);
                if (covered.Length == 0)
                {
                    yield return new StaleAck(entry, "nothing is open up to this tag");
                }
            }
            else if (entry.Direction == FrameDirection.FromClient && !(open.Remove(tag) && settled.Add(tag)))
            {
                yield return new StaleAck(entry, settled.Contains(tag) ? "settled before" : "never delivered on this incarnation of the channel");
            }
        }
    }

    private IEnumerable<JournalEntry> Publishes()
        => Whole().Where(static entry => entry is { Method: AmqpMethod.BasicPublish, Direction: FrameDirection.FromClient, MessageId: not null });

    private IReadOnlyList<JournalEntry> Whole()
        => Dropped == 0
            ? Entries
            : throw new InvalidOperationException($"{Dropped} entries were dropped: raise the journal's capacity, or clear it before what is to be checked.");
}

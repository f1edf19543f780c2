namespace ResilientRabbit.Publishing;

/// <summary>
/// In which order messages go that are sent again together with newer ones: those of one ordering key as they came, and before them the keys that have the least to be sent. What is new then waits for
/// the copies of its own key only, not for those of its neighbours.
/// </summary>
internal static class ReplayOrder
{
    /// <summary>Orders the list.</summary>
    public static void Apply(ref MessageList messages)
    {
        var groups = new Dictionary<(string? Key, string Exchange, string RoutingKey), int>();
        List<(MessageList Messages, int Count)> lists = [];
        while (messages.Take() is { } message)
        {
            (string?, string, string) key = message.OrderingKey is { } own ? (own, "", "") : (null, message.Exchange, message.RoutingKey);
            if (!groups.TryGetValue(key, out int index))
            {
                groups[key] = index = lists.Count;
                lists.Add(default);
            }

            (MessageList list, int count) = lists[index];
            list.Add(message);
            lists[index] = (list, count + 1);
        }

        foreach ((MessageList list, int _) in lists.OrderBy(static group => group.Count))
        {
            MessageList group = list;
            messages.Append(ref group);
        }
    }
}

namespace ResilientRabbit.Testing.Model;

/// <summary>
/// The consumers of a queue in the order of service: by priority, within one priority round robin. One that has no room leaves the rotation
/// and comes back at its end.
/// </summary>
internal sealed class ConsumerList
{
    private readonly List<Consumer> _all = [];
    private readonly SortedList<int, LinkedList<Consumer>> _rotation = new(Comparer<int>.Create(static (x, y) => y.CompareTo(x)));

    public IReadOnlyList<Consumer> All => _all;

    public int Count => _all.Count;

    /// <summary>The one consumer that is served on a single-active-consumer queue.</summary>
    public Consumer? SingleActive { get; private set; }

    /// <summary>Whether only one consumer at a time is served.</summary>
    public bool IsSingleActive { get; init; }

    /// <summary>The consumer that has the queue to itself.</summary>
    public Consumer? Exclusive { get; private set; }

    public void Add(Consumer consumer)
    {
        _all.Add(consumer);
        Append(consumer);
        if (consumer.IsExclusive)
        {
            Exclusive = consumer;
        }

        if (IsSingleActive)
        {
            SingleActive ??= consumer;
        }
    }

    public bool Remove(Consumer consumer)
    {
        if (!_all.Remove(consumer))
        {
            return false;
        }

        if (!consumer.IsBlocked && _rotation.TryGetValue(consumer.Priority, out LinkedList<Consumer>? group))
        {
            group.Remove(consumer);
        }

        if (ReferenceEquals(Exclusive, consumer))
        {
            Exclusive = null;
        }

        if (ReferenceEquals(SingleActive, consumer))
        {
            SingleActive = First();
        }

        return true;
    }

    /// <summary>The next consumer with room, or null. It goes to the end of its rotation.</summary>
    public Consumer? Next()
    {
        if (_all.Count == 0)
        {
            return null;
        }

        if (IsSingleActive)
        {
            return SingleActive is { } active && active.HasRoom ? active : null;
        }

        for (int i = 0; i < _rotation.Count; i++)
        {
            LinkedList<Consumer> group = _rotation.GetValueAtIndex(i);
            while (group.First is { } node)
            {
                group.RemoveFirst();
                if (node.Value.HasRoom)
                {
                    group.AddLast(node);
                    return node.Value;
                }

                node.Value.IsBlocked = true;
            }
        }

        return null;
    }

    /// <summary>Lets a consumer that has room again take part. True when it was waiting.</summary>
    public bool Unblock(Consumer consumer)
    {
        if (IsSingleActive)
        {
            return ReferenceEquals(SingleActive, consumer);
        }

        if (!consumer.IsBlocked || !consumer.HasRoom)
        {
            return false;
        }

        consumer.IsBlocked = false;
        Append(consumer);
        return true;
    }

    private void Append(Consumer consumer)
    {
        if (!_rotation.TryGetValue(consumer.Priority, out LinkedList<Consumer>? group))
        {
            _rotation.Add(consumer.Priority, group = []);
        }

        group.AddLast(consumer);
    }

    private Consumer? First()
    {
        Consumer? first = null;
        foreach (Consumer consumer in _all)
        {
            if (first is null || consumer.Priority > first.Priority)
            {
                first = consumer;
            }
        }

        return first;
    }
}

namespace ResilientRabbit.Testing.Model;

/// <summary>When which queue has to look at its clock next. An entry may be out of date: the queue is asked and says when it wants to be asked again.</summary>
internal sealed class Deadlines
{
    private readonly PriorityQueue<Queue, long> _due = new();

    /// <summary>The earliest time at which something may have to happen; <see cref="long.MaxValue"/> for never.</summary>
    public long Next => _due.TryPeek(out _, out long at) ? at : long.MaxValue;

    /// <summary>Asks for a look at <paramref name="at"/>, unless an earlier one is already due.</summary>
    public void Ask(Queue queue, long at)
    {
        if (at < queue.LooksAt)
        {
            queue.LooksAt = at;
            _due.Enqueue(queue, at);
        }
    }

    /// <summary>Lets every queue whose time has come do what is due.</summary>
    public bool Run(long now)
    {
        bool any = false;
        while (_due.TryPeek(out Queue? queue, out long at) && at <= now)
        {
            _due.Dequeue();
            any = true;
            if (queue.LooksAt == at)
            {
                queue.LooksAt = long.MaxValue;
                queue.Expire(now);
            }
        }

        return any;
    }
}

using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Server;

/// <summary>What a channel has delivered and not got back, by delivery tag. Tags only grow, so that finding one is a binary search.</summary>
internal sealed class UnackedDeliveries
{
    private readonly List<Delivery> _list = [];
    private int _head;

    /// <summary>Deliveries that are outstanding.</summary>
    public int Count { get; private set; }

    public void Add(ulong tag, Queue queue, QueueEntry entry)
    {
        _list.Add(new Delivery(tag, queue, entry));
        Count++;
    }

    /// <summary>Puts back what a rollback gives back.</summary>
    public void Restore(IEnumerable<Delivery> deliveries)
    {
        Delivery[] all = [.. Live(), .. deliveries];
        Array.Sort(all, static (x, y) => x.Tag.CompareTo(y.Tag));
        _list.Clear();
        _list.AddRange(all);
        _head = 0;
        Count = all.Length;
    }

    /// <summary>Takes one delivery, or all up to it, into <paramref name="taken"/>, oldest first.</summary>
    /// <returns>False when the tag is unknown; nothing is taken then.</returns>
    public bool Take(ulong tag, bool multiple, List<Delivery> taken)
    {
        if (multiple && tag == 0)
        {
            taken.AddRange(Live());
            Clear();
            return true;
        }

        int at = Find(tag);
        if (at < 0 || _list[at].IsGone)
        {
            return false;
        }

        if (!multiple)
        {
            taken.Add(_list[at]);
            _list[at] = _list[at] with { Queue = null!, Entry = null! };
            Count--;
        }
        else
        {
            for (; _head <= at; _head++)
            {
                if (!_list[_head].IsGone)
                {
                    taken.Add(_list[_head]);
                    Count--;
                }
            }
        }

        Trim();
        return true;
    }

    /// <summary>Takes everything, oldest first.</summary>
    public List<Delivery> TakeAll()
    {
        List<Delivery> all = Live();
        Clear();
        return all;
    }

    private List<Delivery> Live()
    {
        List<Delivery> live = new(Count);
        for (int i = _head; i < _list.Count; i++)
        {
            if (!_list[i].IsGone)
            {
                live.Add(_list[i]);
            }
        }

        return live;
    }

    private int Find(ulong tag)
    {
        int low = _head;
        int high = _list.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            ulong found = _list[middle].Tag;
            if (found == tag)
            {
                return middle;
            }

            if (found < tag)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }

    private void Trim()
    {
        while (_head < _list.Count && _list[_head].IsGone)
        {
            _head++;
        }

        if (_head == _list.Count)
        {
            Clear();
        }
        else if (_head > 1024 && _head > _list.Count / 2)
        {
            _list.RemoveRange(0, _head);
            _head = 0;
        }
    }

    private void Clear()
    {
        _list.Clear();
        _head = 0;
        Count = 0;
    }
}

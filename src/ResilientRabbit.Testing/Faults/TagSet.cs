namespace ResilientRabbit.Testing.Faults;

/// <summary>Which of the tags 1, 2, 3, … have been seen: all up to a mark, and some above it.</summary>
internal sealed class TagSet
{
    private readonly HashSet<ulong> _above = [];

    /// <summary>All tags up to here are in the set.</summary>
    public ulong Low { get; private set; }

    public bool Contains(ulong tag) => tag <= Low || _above.Contains(tag);

    public void Add(ulong tag)
    {
        if (tag == Low + 1)
        {
            Low = tag;
            Absorb();
        }
        else if (tag > Low)
        {
            _above.Add(tag);
        }
    }

    public void AddUpTo(ulong tag)
    {
        if (tag > Low)
        {
            Low = tag;
            if (_above.Count > 0)
            {
                _above.RemoveWhere(seen => seen <= tag);
                Absorb();
            }
        }
    }

    /// <summary>The tags up to this one that are not in the set.</summary>
    public IEnumerable<ulong> MissingUpTo(ulong tag)
    {
        for (ulong candidate = Low + 1; candidate <= tag; candidate++)
        {
            if (!_above.Contains(candidate))
            {
                yield return candidate;
            }
        }
    }

    private void Absorb()
    {
        while (_above.Count > 0 && _above.Remove(Low + 1))
        {
            Low++;
        }
    }
}

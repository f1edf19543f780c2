namespace ResilientRabbit.Publishing;

/// <summary>Which places of a window each delivery tag stands for, where a tag may stand for several messages that were sent as one: a ring by tag of the last place of each.</summary>
/// <remarks>Used under the window's lock.</remarks>
internal sealed class WindowTags
{
    private ulong[] _ends = new ulong[16];
    private ulong _low = 1;
    private ulong _next = 1;

    /// <summary>Enters the next place under the next tag, or under the same tag as the place before it.</summary>
    public void Add(ulong place, bool isContinued)
    {
        if (isContinued)
        {
            this[_next - 1] = place;
            return;
        }

        if (_next - _low == (ulong)_ends.Length)
        {
            Grow();
        }

        this[_next++] = place;
    }

    /// <summary>Takes the tags of this place and those behind it out again: they were not used.</summary>
    public void RemoveFrom(ulong place)
    {
        while (_next > _low && this[_next - 1] >= place)
        {
            _next--;
        }
    }

    /// <summary>Forgets the tags that stand for places below this one only.</summary>
    public void Advance(ulong low)
    {
        while (_low < _next && this[_low] < low)
        {
            _low++;
        }
    }

    /// <summary>The places that the tags stand for; none when the last tag was never used or is forgotten.</summary>
    /// <param name="tags">As the broker has sent them.</param>
    /// <param name="low">The lowest place that is not answered.</param>
    public TagRange ToSlots(in TagRange tags, ulong low)
    {
        if (tags.IsAll)
        {
            return tags;
        }

        ulong from = tags.From > _low && tags.From <= _next ? this[tags.From - 1] + 1 : low;
        return tags.To >= _low && tags.To < _next ? new TagRange(from, this[tags.To]) : new TagRange(1, 0);
    }

    private ref ulong this[ulong tag] => ref _ends[tag & (ulong)(_ends.Length - 1)];

    private void Grow()
    {
        ulong[] larger = new ulong[_ends.Length * 2];
        for (ulong tag = _low; tag < _next; tag++)
        {
            larger[tag & (ulong)(larger.Length - 1)] = this[tag];
        }

        _ends = larger;
    }
}

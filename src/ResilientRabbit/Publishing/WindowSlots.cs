using System.Numerics;

namespace ResilientRabbit.Publishing;

/// <summary>A ring of slots by delivery tag, which grows when the tags in use span more than it holds.</summary>
internal struct WindowSlots(int capacity)
{
    /// <summary>64 KiB: each channel begins with such an array, and what is above 85,000 bytes lies on the large object heap.</summary>
    private const int MostAtFirst = 2048;

    private WindowSlot[] _slots = new WindowSlot[Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)capacity), 16, MostAtFirst)];

    public readonly ref WindowSlot this[ulong tag] => ref _slots[tag & (ulong)(_slots.Length - 1)];

    /// <summary>Whether each tag from the one to below the other still stands for a message.</summary>
    public readonly bool AreTaken(ulong from, ulong to)
    {
        while (from < to && this[from].Message is not null)
        {
            from++;
        }

        return from == to;
    }

    /// <summary>The first of these tags whose message has no outcome; the end when there is none.</summary>
    public readonly ulong SettledUpTo(ulong from, ulong to)
    {
        while (from < to && this[from].Message is null or { IsSettled: true })
        {
            from++;
        }

        return from;
    }

    /// <summary>When the oldest of the messages of these tags was accepted; <see cref="long.MaxValue"/> when there is none.</summary>
    public readonly long OldestStart(ulong from, ulong to)
    {
        long oldest = long.MaxValue;
        for (; from < to; from++)
        {
            oldest = this[from].Message is { IsSettled: false } message ? Math.Min(oldest, message.Started) : oldest;
        }

        return oldest;
    }

    /// <summary>Marks the copy that was returned, with all that it held.</summary>
    /// <returns>The place behind it; 0 when it is not among these.</returns>
    public readonly ulong Mark(ulong from, ulong to, long publishId, (int Code, string Text)? reply)
    {
        while (from < to && (this[from].Message is null || this[from].PublishId != publishId || this[from].IsContinued || this[from].IsReturned))
        {
            from++;
        }

        if (from == to)
        {
            return 0;
        }

        do
        {
            ref WindowSlot slot = ref this[from++];
            slot.IsReturned = true;
            if (reply is { } words && slot.Message is { } message)
            {
                message.Reply = words;
            }
        }
        while (from < to && this[from].IsContinued);
        return from;
    }

    /// <summary>Makes room for the next tag above those in use.</summary>
    public void MakeRoom(ulong low, ulong next)
    {
        if (next - low < (ulong)_slots.Length)
        {
            return;
        }

        var larger = new WindowSlot[_slots.Length * 2];
        for (ulong tag = low; tag < next; tag++)
        {
            larger[tag & (ulong)(larger.Length - 1)] = this[tag];
        }

        _slots = larger;
    }
}

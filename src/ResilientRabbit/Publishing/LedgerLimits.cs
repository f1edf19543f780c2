namespace ResilientRabbit.Publishing;

/// <summary>How much may be pending in all and on one lane.</summary>
internal sealed class LedgerLimits(int maxMessages, long maxBytes, int lanes)
{
    // One lane alone may not starve the others.
    private readonly long _maxLaneMessages = lanes > 1 ? Math.Max(1, maxMessages / 2) : maxMessages;
    private readonly long _maxLaneBytes = lanes > 1 ? Math.Max(1, maxBytes / 2) : maxBytes;

    /// <summary>Whether a message of this size may come in. One that is larger than all room fits when nothing else is there.</summary>
    public bool Allow(in OutcomeCounts counts, LaneAccount account, int size) => AllowInAll(counts, size) && AllowOnLane(account, size);

    /// <summary>Whether there is room for it beside what all lanes hold.</summary>
    public bool AllowInAll(in OutcomeCounts counts, int size) => counts.Pending < maxMessages && (counts.PendingBytes + size <= maxBytes || counts.Pending == 0);

    /// <summary>Whether there is room for it beside what its lane holds.</summary>
    public bool AllowOnLane(LaneAccount account, int size) => account.Messages < _maxLaneMessages && (account.Bytes + size <= _maxLaneBytes || account.Messages == 0);
}

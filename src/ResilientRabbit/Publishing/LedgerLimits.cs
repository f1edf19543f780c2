namespace ResilientRabbit.Publishing;

/// <summary>How much may be pending in all and on one lane.</summary>
internal sealed class LedgerLimits(int maxMessages, long maxBytes, int lanes)
{
    // One lane alone may not starve the others.
    private readonly long _maxLaneMessages = lanes > 1 ? Math.Max(1, maxMessages / 2) : maxMessages;
    private readonly long _maxLaneBytes = lanes > 1 ? Math.Max(1, maxBytes / 2) : maxBytes;

    /// <summary>Whether a message of this size may come in. One that is larger than all room fits when nothing else is there.</summary>
    public bool Allow(in OutcomeCounts counts, LaneAccount account, int size)
        => counts.Pending < maxMessages && account.Messages < _maxLaneMessages
            && (counts.PendingBytes + size <= maxBytes || counts.Pending == 0)
            && (account.Bytes + size <= _maxLaneBytes || account.Messages == 0);
}

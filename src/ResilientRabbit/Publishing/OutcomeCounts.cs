namespace ResilientRabbit.Publishing;

/// <summary>The running counts behind <see cref="PublishCounts"/>. Guarded by the ledger's lock.</summary>
internal struct OutcomeCounts
{
    private long _confirmed;
    private long _refused;
    private long _unroutable;
    private long _unknown;

    public long Submitted { get; set; }

    public long NotSent { get; set; }

    public long Pending { get; set; }

    public long PendingBytes { get; set; }

    public long Replayed { get; set; }

    public void CountConfirmed(int count) => _confirmed += count;

    /// <summary>Counts an outcome; null is a confirm.</summary>
    public void Count(PublishFailure? failure)
    {
        switch (failure)
        {
            case null:
                _confirmed++;
                break;
            case PublishFailure.NotSent:
                NotSent++;
                break;
            case PublishFailure.Refused:
                _refused++;
                break;
            case PublishFailure.Unroutable:
                _unroutable++;
                break;
            default:
                _unknown++;
                break;
        }
    }

    public readonly PublishCounts ToPublic()
        => new(Submitted, _confirmed, NotSent, _refused, _unroutable, _unknown, Pending, PendingBytes, Replayed);
}

namespace ResilientRabbit;

/// <summary>The outcomes of a batch: one for each message, in the order of the batch.</summary>
public sealed class PublishBatchResult
{
    internal PublishBatchResult(IReadOnlyList<PublishOutcome> outcomes, int failed)
    {
        Outcomes = outcomes;
        Failed = failed;
    }

    /// <summary>Gets the outcomes; the index is that of the message in the batch.</summary>
    public IReadOnlyList<PublishOutcome> Outcomes { get; }

    /// <summary>Gets the number of messages that were confirmed.</summary>
    public int Confirmed => Outcomes.Count - Failed;

    /// <summary>Gets the number of messages that were not confirmed.</summary>
    public int Failed { get; }

    /// <summary>Gets a value indicating whether every message was confirmed.</summary>
    public bool AllConfirmed => Failed == 0;
}

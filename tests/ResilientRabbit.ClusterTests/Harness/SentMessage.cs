using System.Diagnostics;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>How the SDK said a message ended.</summary>
public enum SentOutcome
{
    /// <summary>No outcome: the call hangs.</summary>
    None,
    Confirmed,
    NotSent,
    Refused,
    Unroutable,
    Unknown,
}

/// <summary>One message of a history.</summary>
public sealed class SentMessage
{
    public required string Id { get; init; }

    public required string Key { get; init; }

    /// <summary>Its place among the messages of its key.</summary>
    public required int Sequence { get; init; }

    /// <summary>Stopwatch timestamps.</summary>
    public required long Submitted { get; init; }

    public long Ended { get; set; }

    public SentOutcome Outcome { get; set; }

    public bool MayBeStored { get; set; }

    public int Attempts { get; set; }

    /// <summary>Copies that the broker refused to take: then no order is promised.</summary>
    public int Nacks { get; set; }

    /// <summary>Notes how the call ends.</summary>
    public async Task RecordAsync(ValueTask<PublishReceipt> publishing)
    {
        try
        {
            PublishReceipt receipt = await publishing;
            Attempts = receipt.Attempts;
            Nacks = receipt.Nacks;
            Ended = Stopwatch.GetTimestamp();
            Outcome = SentOutcome.Confirmed;
        }
        catch (PublishException exception)
        {
            Attempts = exception.Attempts;
            MayBeStored = exception.MayBeStored;
            Ended = Stopwatch.GetTimestamp();
            Outcome = exception.Failure switch
            {
                PublishFailure.NotSent => SentOutcome.NotSent,
                PublishFailure.Refused => SentOutcome.Refused,
                PublishFailure.Unroutable => SentOutcome.Unroutable,
                _ => SentOutcome.Unknown,
            };
        }
    }
}

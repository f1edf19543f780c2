namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>What the checker says of a history.</summary>
public sealed record Verdict
{
    public int Attempted { get; init; }

    public int Acknowledged { get; init; }

    public int Found { get; init; }

    /// <summary>Acknowledged and not found.</summary>
    public int Lost { get; init; }

    /// <summary>Reported as not sent, and found.</summary>
    public int Phantom { get; init; }

    /// <summary>Found and never attempted.</summary>
    public int Unexpected { get; init; }

    public int Corrupt { get; init; }

    /// <summary>Submitted and without an outcome.</summary>
    public int Hung { get; init; }

    /// <summary>First occurrences of confirmed messages that come before an earlier one of their key.</summary>
    public int Disorder { get; init; }

    public int Duplicates { get; init; }

    /// <summary>Messages found more than once without any copy that is marked.</summary>
    public int UnmarkedDuplicates { get; init; }

    /// <summary>Messages found more than once although only one copy was ever written.</summary>
    public int UnexplainedDuplicates { get; init; }

    /// <summary>Unknown, and found.</summary>
    public int Recovered { get; init; }

    public int Unknown { get; init; }

    /// <summary>Failures that were neither confirmed nor unknown.</summary>
    public int Failed { get; init; }

    /// <summary>Everything but the loss, which some faults of a mirrored queue only allow to be measured.</summary>
    public bool IsSafeApartFromLoss
        => Phantom == 0 && Unexpected == 0 && Corrupt == 0 && Hung == 0 && Disorder == 0 && UnmarkedDuplicates == 0 && UnexplainedDuplicates == 0;

    public bool IsSafe => IsSafeApartFromLoss && Lost == 0;

    public override string ToString()
        => $"attempted {Attempted}, acknowledged {Acknowledged}, found {Found}, lost {Lost}, phantom {Phantom}, unexpected {Unexpected}, corrupt {Corrupt}, hung {Hung}, "
            + $"disorder {Disorder}, duplicates {Duplicates} (unmarked {UnmarkedDuplicates}, unexplained {UnexplainedDuplicates}), unknown {Unknown} (found {Recovered}), failed {Failed}";
}

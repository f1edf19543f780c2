namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>One set of files for both readers.</summary>
internal sealed record DifferentialCase(string Name, IReadOnlyList<string> Paths)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public bool Notifications { get; init; }

    /// <summary>Why the SDK refuses what oslo takes; null where both must agree.</summary>
    public string? Stricter { get; init; }

    /// <summary>Why the SDK takes what this Python refuses; null where both must agree.</summary>
    public string? Laxer { get; init; }

    /// <summary>The endpoints that the removed keys mean, which oslo does not read any more; null where there are none.</summary>
    public string? Removed { get; init; }

    public override string ToString() => Name;
}

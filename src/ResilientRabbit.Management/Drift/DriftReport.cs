namespace ResilientRabbit.Management;

/// <summary>Where a broker differs from what an application declares. What was not declared is not looked at: it may be somebody else's.</summary>
/// <param name="VirtualHost">The virtual host that was looked at.</param>
/// <param name="Declared">What was compared.</param>
/// <param name="Entries">The differences, in the order of the declarations.</param>
public sealed record DriftReport(string VirtualHost, ResolvedTopology Declared, IReadOnlyList<DriftEntry> Entries)
{
    /// <summary>Gets a value indicating whether nothing differs.</summary>
    public bool IsInSync => Entries.Count == 0;

    /// <summary>Writes the report.</summary>
    /// <returns>A line for each difference.</returns>
    public override string ToString() => IsInSync
        ? $"Virtual host '{VirtualHost}' is as declared. {Declared}"
        : $"Virtual host '{VirtualHost}' differs in {Entries.Count}. {Declared}\n{string.Join('\n', Entries)}";
}

namespace ResilientRabbit.Management;

/// <summary>One difference between what was declared and what was found.</summary>
/// <param name="Kind">How it differs.</param>
/// <param name="Entity">What differs, for example <c>queue 'orders'</c>.</param>
/// <param name="Declared">What was declared, where that says more.</param>
/// <param name="Found">What was found; <see langword="null"/> when nothing was.</param>
public sealed record DriftEntry(DriftKind Kind, string Entity, string? Declared, string? Found)
{
    /// <summary>Says what differs.</summary>
    /// <returns>A line for a report.</returns>
    public override string ToString() => $"{Entity}: {Kind}{(Declared is null ? "" : $", declared {Declared}")}{(Found is null ? "" : $", found {Found}")}";
}

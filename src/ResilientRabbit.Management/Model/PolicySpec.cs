namespace ResilientRabbit.Management;

/// <summary>Describes a policy or operator policy to set.</summary>
public sealed record PolicySpec
{
    /// <summary>Gets the name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the regular expression of the names that it applies to, for example <c>^orders</c>.</summary>
    public required string Pattern { get; init; }

    /// <summary>Gets what it sets, for example <c>ha-mode</c> or <c>federation-upstream-set</c>: text, numbers, booleans, lists and tables.</summary>
    public required IReadOnlyDictionary<string, object?> Definition { get; init; }

    /// <summary>Gets what it applies to.</summary>
    /// <value><see cref="PolicyScope.All"/> by default.</value>
    public PolicyScope ApplyTo { get; init; }

    /// <summary>Gets the priority: of several policies that match the highest applies, and only that one.</summary>
    /// <value>0 by default.</value>
    public int Priority { get; init; }
}

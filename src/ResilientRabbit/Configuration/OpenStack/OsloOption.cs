namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>One option of oslo.messaging, as its source declares it.</summary>
/// <param name="Group">The section it belongs to.</param>
/// <param name="Name">Its current name.</param>
/// <param name="Kind">How its text is read.</param>
/// <param name="Default">The text of oslo's default; null for none.</param>
/// <param name="Fate">What becomes of it here, for the documentation and for the report.</param>
/// <param name="Effect">The rule of the translation, or why it has no effect.</param>
internal sealed record OsloOption(string Group, string Name, OsloKind Kind, string? Default, OsloKeyFate Fate, string Effect)
{
    /// <summary>Gets the older names, in the order in which oslo looks for them; an empty group means the group of the option.</summary>
    public IReadOnlyList<(string Group, string Name)> Deprecated { get; init; } = [];

    public double? Min { get; init; }

    public double? Max { get; init; }

    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Gets a value indicating whether the value is never shown.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Gets what to write instead, for an option that oslo has removed or wants to remove.</summary>
    public string? Modern { get; init; }

    /// <summary>Gets the key with its section, as users know it.</summary>
    public string FullName => $"[{Group}] {Name}";

    /// <summary>The places where the option is looked for in one file, the current name first.</summary>
    public IEnumerable<(string Group, string Name)> Names
        => Deprecated.Select(name => (name.Group.Length == 0 ? Group : name.Group, name.Name)).Prepend((Group, Name));

    public override string ToString() => FullName;
}

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>One assignment, as it was written.</summary>
/// <param name="Group">The section, as oslo compares it: <c>DEFAULT</c>, all others in small letters.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The text, continuation lines joined by line feeds; substitutions not made yet.</param>
/// <param name="Place">Where the assignment begins.</param>
internal sealed record OsloEntry(string Group, string Key, string Value, OsloPlace Place)
{
    public const string DefaultGroup = "DEFAULT";

    /// <summary>Compares groups as oslo does: without regard to case, but <c>DEFAULT</c> is written in capitals.</summary>
#pragma warning disable CA1308 // Small letters are how oslo normalises names of groups.
    public static string Normalize(string group) => group is DefaultGroup ? group : group.ToLowerInvariant();
#pragma warning restore CA1308
}

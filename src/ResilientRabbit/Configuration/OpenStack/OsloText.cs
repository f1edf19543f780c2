namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The text of an option before it is read, and where it came from; a default has no place.</summary>
/// <param name="Option">The option.</param>
/// <param name="Entries">What was written: one entry, or all of a repeated option; empty for the default.</param>
/// <param name="Text">The text of the one that counts.</param>
internal sealed record OsloText(OsloOption Option, IReadOnlyList<OsloEntry> Entries, string? Text)
{
    public bool IsWritten => Entries.Count > 0;

    public OsloEntry? Entry => Entries.Count > 0 ? Entries[^1] : null;
}

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The value of an option.</summary>
/// <param name="Option">The option.</param>
/// <param name="Value">A string, bool, long, double or list of strings; null for none.</param>
/// <param name="Place">Where it was written; null for oslo's default.</param>
/// <param name="Entries">The assignments that count; empty for a default and for the query of a URL.</param>
internal sealed record OsloFound(OsloOption Option, object? Value, OsloPlace? Place, IReadOnlyList<OsloEntry> Entries);

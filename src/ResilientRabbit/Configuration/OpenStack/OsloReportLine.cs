namespace ResilientRabbit;

/// <summary>What became of one assignment in an OpenStack configuration file.</summary>
/// <param name="Group">The section.</param>
/// <param name="Key">The key, as it was written.</param>
/// <param name="Place">The file and the line, or the environment variable.</param>
/// <param name="Value">The value as it counts, after substitution; secrets are masked.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="Effect">What it sets, the rule of its translation, or why it has no effect.</param>
/// <param name="Notice">What to write instead, for a name or a place that is out of use; otherwise <see langword="null"/>.</param>
public sealed record OsloReportLine(string Group, string Key, string Place, string Value, OsloKeyFate Fate, string Effect, string? Notice);

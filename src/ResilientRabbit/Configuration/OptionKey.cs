namespace ResilientRabbit.Configuration;

/// <summary>One key of a configuration section and how its text goes into the options.</summary>
/// <param name="Name">The key; found without regard to case, as in all configuration.</param>
/// <param name="Set">Puts the text into the options; returns the broken rule, or null. Never repeats the value of a secret.</param>
internal sealed record OptionKey<TOptions>(string Name, Func<TOptions, string, string?> Set);

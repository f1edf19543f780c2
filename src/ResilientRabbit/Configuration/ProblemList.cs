using System.Globalization;

namespace ResilientRabbit.Configuration;

/// <summary>Collects what is wrong with a configuration, each line as <c>path: rule, value</c>. Never given the value of a secret.</summary>
/// <param name="path">What each path begins with.</param>
/// <param name="aliases">The keys that the user wrote instead of the options' own names.</param>
internal sealed class ProblemList(string path, IReadOnlyDictionary<string, string>? aliases = null)
{
    /// <summary>Timers of the runtime accept no more than 24 days and some hours.</summary>
    public static readonly TimeSpan LongestDuration = TimeSpan.FromDays(24);

    private const int LongestQuote = 64;

    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Adds a problem of an option (<c>Publisher:Lanes</c>, <c>Endpoints:1</c>), or of the whole with an empty key.</summary>
    public void Add(string key, string rule) => _lines.Add(key.Length == 0 ? $"{path}: {rule}" : $"{path}:{AsWritten(key)}: {rule}");

    public void RequireRange(string key, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            Add(key, string.Create(CultureInfo.InvariantCulture, $"must be {min} to {max}, is {value}"));
        }
    }

    public void RequireDuration(string key, TimeSpan value)
    {
        if (value <= TimeSpan.Zero || value > LongestDuration)
        {
            Add(key, $"must be above zero and at most {LongestDuration:c}, is {value:c}");
        }
    }

    /// <summary>Makes a text fit for a message: short and printable.</summary>
    public static string Quote(string text)
    {
        string clipped = text.Length <= LongestQuote ? text : text[..LongestQuote] + "…";
        return "'" + string.Concat(clipped.Select(static character => char.IsControl(character) || char.IsSurrogate(character) ? '?' : character)) + "'";
    }

    private string AsWritten(string key)
    {
        int colon = key.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? key : key[..colon];
        return aliases is not null && aliases.TryGetValue(name, out string? alias) ? alias + key[name.Length..] : key;
    }
}

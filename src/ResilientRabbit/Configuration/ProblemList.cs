using System.Globalization;

namespace ResilientRabbit.Configuration;

/// <summary>Collects what is wrong with a configuration, each line as <c>path: rule, value</c>. Never given the value of a secret.</summary>
/// <param name="path">What each path begins with.</param>
/// <param name="aliases">The keys that the user wrote instead of the options' own names.</param>
/// <param name="places">The whole places, instead of path and key, for options that were set from a file.</param>
internal sealed class ProblemList(string path, IReadOnlyDictionary<string, string>? aliases = null, IReadOnlyDictionary<string, string>? places = null)
{
    /// <summary>Timers of the runtime accept no more than 24 days and some hours.</summary>
    public static readonly TimeSpan LongestDuration = TimeSpan.FromDays(24);

    private const int LongestQuote = 64;
    private const int LongestLine = 1000;

    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Adds a problem of an option (<c>Publisher:Lanes</c>, <c>Endpoints:1</c>), or of the whole with an empty key.</summary>
    public void Add(string key, string rule)
    {
        string line = FindPlace(key) is { } place ? $"{place}: {rule}" : key.Length == 0 ? $"{path}: {rule}" : $"{path}:{AsWritten(key)}: {rule}";
        _lines.Add(line.Length <= LongestLine ? line : line[..LongestLine] + "…");
    }

    public void RequireRange(string key, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            Add(key, string.Create(CultureInfo.InvariantCulture, $"must be {min} to {max}, is {value}"));
        }
    }

    public void RequireRange(string key, TimeSpan value, TimeSpan min, TimeSpan max)
    {
        if (value < min || value > max)
        {
            Add(key, $"must be {min:c} to {max:c}, is {value:c}");
        }
    }

    public void RequireDefined<TEnum>(string key, TEnum value)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            Add(key, $"must be {string.Join(" or ", Enum.GetNames<TEnum>())}, is {value:D}");
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

    // The most exact one: 'Publisher:Lanes', then 'Uris' of 'Uris:0'.
    private string? FindPlace(string key)
    {
        if (places is null || places.TryGetValue(key, out string? place))
        {
            return places?.GetValueOrDefault(key);
        }

        int colon = key.LastIndexOf(':');
        return colon > 0 && places.TryGetValue(key[..colon], out place) ? place : null;
    }

    private string AsWritten(string key)
    {
        int colon = key.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? key : key[..colon];
        return aliases is not null && aliases.TryGetValue(name, out string? alias) ? alias + key[name.Length..] : key;
    }
}

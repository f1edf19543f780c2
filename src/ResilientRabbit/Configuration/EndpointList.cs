using Microsoft.Extensions.Configuration;

namespace ResilientRabbit.Configuration;

/// <summary>Reads the endpoints of a section: an array, or one text with commas.</summary>
internal static class EndpointList
{
    /// <summary>Replaces the entries of the options. Returns the broken rule, or null; the single entries are judged by the validator of the options.</summary>
    public static string? Read(IConfigurationSection section, IList<string> target, string what)
    {
        List<IConfigurationSection> entries = [.. section.GetChildren()];
        if (entries.Count == 0)
        {
            return ReadText(section.Value, target, what);
        }

        if (!string.IsNullOrEmpty(section.Value))
        {
            return "is given both as one text and as a list; give one of them";
        }

        if (entries.Exists(static entry => entry.GetChildren().Any()))
        {
            return $"must be a list with one {what} each, or one text with commas";
        }

        Replace(target, entries.Select(static entry => entry.Value ?? ""));
        return null;
    }

    /// <summary>Replaces the endpoints by those of a text with commas, as OpenStack writes lists. Returns the broken rule, or null.</summary>
    public static string? ReadText(string? text, IList<string> target, string what = "endpoint")
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return $"must name at least one {what}; leave it out for localhost";
        }

        Replace(target, text.Split(',', StringSplitOptions.TrimEntries));
        return null;
    }

    /// <summary>Replaces the entries.</summary>
    public static void Replace(IList<string> target, IEnumerable<string> endpoints)
    {
        target.Clear();
        foreach (string endpoint in endpoints)
        {
            target.Add(endpoint);
        }
    }
}

using Microsoft.Extensions.Configuration;

namespace ResilientRabbit.Configuration;

/// <summary>Reads the endpoints of a section: an array, or one text with commas.</summary>
internal static class EndpointList
{
    /// <summary>Replaces the endpoints of the options. Returns the broken rule, or null; the single entries are judged by the validator of the options.</summary>
    public static string? Read(IConfigurationSection section, ResilientRabbitOptions options)
    {
        List<IConfigurationSection> entries = [.. section.GetChildren()];
        if (entries.Count == 0)
        {
            return ReadText(section.Value, options);
        }

        if (!string.IsNullOrEmpty(section.Value))
        {
            return "is given both as one text and as a list; give one of them";
        }

        if (entries.Exists(static entry => entry.GetChildren().Any()))
        {
            return "must be a list of host or host:port, or one text with commas";
        }

        Replace(options, entries.Select(static entry => entry.Value ?? ""));
        return null;
    }

    /// <summary>Replaces the endpoints by those of a text with commas, as OpenStack writes lists. Returns the broken rule, or null.</summary>
    public static string? ReadText(string? text, ResilientRabbitOptions options)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "must name at least one endpoint; leave it out for localhost";
        }

        Replace(options, text.Split(',', StringSplitOptions.TrimEntries));
        return null;
    }

    /// <summary>Replaces the endpoints of the options.</summary>
    public static void Replace(ResilientRabbitOptions options, IEnumerable<string> endpoints)
    {
        options.Endpoints.Clear();
        foreach (string endpoint in endpoints)
        {
            options.Endpoints.Add(endpoint);
        }
    }
}

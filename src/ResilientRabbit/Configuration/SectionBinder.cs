using System.Globalization;
using Microsoft.Extensions.Configuration;
using ResilientRabbit.Configuration.OpenStack;

namespace ResilientRabbit.Configuration;

/// <summary>Binds a configuration section by hand: no reflection, every unknown key refused, OpenStack's keys understood.</summary>
internal static class SectionBinder
{
    // The root of a configuration holds the whole environment: its keys are not worth a message each.
    private const int MostUnknownKeys = 10;

    private static readonly string[] ClientKeyNames =
        [OptionKeys.Endpoints, OptionKeys.Uris, OptionKeys.Tls, OptionKeys.Publisher, OptionKeys.Consumers, OptionKeys.Declarations, .. OptionKeys.Client.Select(static key => key.Name), .. OpenStackKeys.All.Select(static key => key.Name)];

    /// <summary>The path of a section in messages.</summary>
    public static string PathOf(IConfiguration configuration)
        => configuration is IConfigurationSection { Path.Length: > 0 } section ? section.Path : ResilientRabbitOptionsValidator.DefaultPath;

    /// <summary>Puts the values into the options; what cannot be read is left as it is and reported.</summary>
    public static IReadOnlyList<string> Bind(IConfiguration configuration, ResilientRabbitOptions options)
    {
        var problems = new ProblemList(PathOf(configuration));
        if (configuration is IConfigurationSection { Value: not null })
        {
            problems.Add("", "must be a section with keys, is a single value");
            return problems.Lines;
        }

        List<IConfigurationSection> unknown = [];
        List<IConfigurationSection> openStack = [];
        foreach (IConfigurationSection child in configuration.GetChildren())
        {
            if (OpenStackKeys.IsKnown(child.Key))
            {
                openStack.Add(child);
            }
            else if (!BindKnown(child, options, problems))
            {
                unknown.Add(child);
            }
        }

        OpenStackBinder.Bind(configuration, openStack, options, problems);
        RefuseUnknown("", unknown, ClientKeyNames, problems);
        return problems.Lines;
    }

    private static bool BindKnown(IConfigurationSection child, ResilientRabbitOptions options, ProblemList problems)
    {
        if (Is(child, OptionKeys.Endpoints) || Is(child, OptionKeys.Uris))
        {
            BindList(child, options, problems);
            return true;
        }

        return BindSection(child, OptionKeys.Tls, OptionKeys.ForTls, options.Tls, problems)
            || BindSection(child, OptionKeys.Publisher, OptionKeys.ForPublisher, options.Publisher, problems)
            || BindSection(child, OptionKeys.Consumers, OptionKeys.ForConsumers, options.Consumers, problems)
            || BindSection(child, OptionKeys.Declarations, OptionKeys.ForDeclarations, options.Declarations, problems)
            || BindValue("", child, OptionKeys.Client, options, problems);
    }

    private static void BindList(IConfigurationSection child, ResilientRabbitOptions options, ProblemList problems)
    {
        bool isEndpoints = Is(child, OptionKeys.Endpoints);
        if (EndpointList.Read(child, isEndpoints ? options.Endpoints : options.Uris, isEndpoints ? "endpoint" : "URI") is { } rule)
        {
            problems.Add(isEndpoints ? OptionKeys.Endpoints : OptionKeys.Uris, rule);
        }
    }

    /// <summary>Binds a section inside, when this is it.</summary>
    public static bool BindSection<T>(IConfigurationSection section, string name, IReadOnlyList<OptionKey<T>> keys, T options, ProblemList problems)
    {
        if (!Is(section, name))
        {
            return false;
        }

        if (!string.IsNullOrEmpty(section.Value))
        {
            problems.Add(name, "must be a section with keys, is a single value");
        }

        string prefix = name + ":";
        List<IConfigurationSection> unknown = [.. section.GetChildren().Where(child => !BindValue(prefix, child, keys, options, problems))];
        RefuseUnknown(prefix, unknown, [.. keys.Select(static key => key.Name)], problems);
        return true;
    }

    /// <summary>Binds one value, when it has one of the keys.</summary>
    public static bool BindValue<T>(string prefix, IConfigurationSection child, IReadOnlyList<OptionKey<T>> keys, T options, ProblemList problems)
    {
        OptionKey<T>? key = keys.FirstOrDefault(key => Is(child, key.Name));
        if (key is null)
        {
            return false;
        }

        string? rule = child.Value is null ? "must be a single value" : ValueText.FindPlaceholder(child.Value) ?? key.Set(options, child.Value);
        if (rule is not null)
        {
            problems.Add(prefix + key.Name, rule);
        }

        return true;
    }

    /// <summary>Reports keys that nobody knows, each with the nearest known one.</summary>
    public static void RefuseUnknown(string prefix, List<IConfigurationSection> unknown, string[] known, ProblemList problems)
    {
        foreach (IConfigurationSection child in unknown.Take(MostUnknownKeys))
        {
            problems.Add("", $"has an unknown key {ProblemList.Quote(prefix + child.Key)}; the nearest known key is '{prefix}{NearestKey.Find(child.Key, known)}'");
        }

        if (unknown.Count > MostUnknownKeys)
        {
            string rest = (unknown.Count - MostUnknownKeys).ToString(CultureInfo.InvariantCulture);
            problems.Add("", $"has {rest} more unknown keys; was the root of the configuration passed instead of a section?");
        }
    }

    private static bool Is(IConfigurationSection child, string name) => string.Equals(child.Key, name, StringComparison.OrdinalIgnoreCase);
}

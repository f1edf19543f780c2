using Microsoft.Extensions.Configuration;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>Applies OpenStack's keys of a section, and refuses what contradicts the SDK's own keys there.</summary>
internal static class OpenStackBinder
{
    public static void Bind(IConfiguration configuration, IReadOnlyList<IConfigurationSection> given, ResilientRabbitOptions options, ProblemList problems)
    {
        foreach (OpenStackKey key in OpenStackKeys.All)
        {
            if (Find(given, key.Name) is { } section)
            {
                Apply(key, section, configuration, options, problems);
            }
        }
    }

    /// <summary>Adds, for each option that OpenStack's keys of a section have set, the key that did: problems shall name what the user wrote.</summary>
    public static void CollectAliases(IConfiguration configuration, IDictionary<string, string> aliases)
    {
        foreach (OpenStackKey key in OpenStackKeys.All.Where(key => configuration.GetSection(key.Name).Exists()))
        {
            aliases[key.Replaces] = key.Name;
        }
    }

    private static void Apply(
        OpenStackKey key, IConfigurationSection section, IConfiguration configuration, ResilientRabbitOptions options, ProblemList problems)
    {
        if (configuration.GetSection(key.Replaces).Exists())
        {
            problems.Add(key.Name, $"says the same as '{key.Replaces}', which is given too; choose one of them");
            return;
        }

        string? rule = section.Value is null ? "must be a single value" : key.Set(options, section.Value);
        if (rule is not null)
        {
            problems.Add(key.Name, rule);
        }
    }

    private static IConfigurationSection? Find(IReadOnlyList<IConfigurationSection> given, string name)
        => given.FirstOrDefault(section => string.Equals(section.Key, name, StringComparison.OrdinalIgnoreCase));
}

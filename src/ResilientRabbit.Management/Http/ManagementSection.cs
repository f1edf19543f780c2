using Microsoft.Extensions.Configuration;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Management.Http;

/// <summary>Binds a configuration section to the options of the management API, as strictly as that of the client: every unknown key is refused.</summary>
internal static class ManagementSection
{
    public const string DefaultPath = "ResilientRabbit:Management";

    /// <summary>The keys with one value. A test keeps the list complete.</summary>
    private static readonly IReadOnlyList<OptionKey<ManagementOptions>> Keys =
    [
        new(nameof(ManagementOptions.UserName), static (options, text) => ValueText.Text(text, value => options.UserName = value)),
        new(nameof(ManagementOptions.Password), static (options, text) => ValueText.Text(text, value => options.Password = value)),
        new(nameof(ManagementOptions.VirtualHost), static (options, text) => ValueText.Text(text, value => options.VirtualHost = value)),
        new(nameof(ManagementOptions.ConnectTimeout), static (options, text) => ValueText.Duration(text, value => options.ConnectTimeout = value)),
        new(nameof(ManagementOptions.RequestTimeout), static (options, text) => ValueText.Duration(text, value => options.RequestTimeout = value)),
        new(nameof(ManagementOptions.MaxAttempts), static (options, text) => ValueText.Integer(text, value => options.MaxAttempts = value)),
        new(nameof(ManagementOptions.RetryDelay), static (options, text) => ValueText.Duration(text, value => options.RetryDelay = value)),
        new(nameof(ManagementOptions.MaxResponseSize), static (options, text) => ValueText.Integer(text, value => options.MaxResponseSize = value)),
    ];

    /// <summary>Every key.</summary>
    public static readonly IReadOnlyList<string> Names = [nameof(ManagementOptions.Addresses), nameof(ManagementOptions.Tls), .. Keys.Select(static key => key.Name)];

    /// <summary>The path of a section in messages.</summary>
    public static string PathOf(IConfiguration configuration) => configuration is IConfigurationSection { Path.Length: > 0 } section ? section.Path : DefaultPath;

    /// <summary>Puts the values into the options; what cannot be read is left as it is and reported.</summary>
    public static IReadOnlyList<string> Bind(IConfiguration configuration, ManagementOptions options)
    {
        var problems = new ProblemList(PathOf(configuration));
        if (configuration is IConfigurationSection { Value: not null })
        {
            problems.Add("", "must be a section with keys, is a single value");
            return problems.Lines;
        }

        List<IConfigurationSection> unknown = [.. configuration.GetChildren().Where(child => !BindKnown(child, options, problems))];
        SectionBinder.RefuseUnknown("", unknown, [.. Names], problems);
        return problems.Lines;
    }

    private static bool BindKnown(IConfigurationSection child, ManagementOptions options, ProblemList problems)
    {
        if (string.Equals(child.Key, nameof(ManagementOptions.Addresses), StringComparison.OrdinalIgnoreCase))
        {
            if (EndpointList.Read(child, options.Addresses, "address") is { } rule)
            {
                problems.Add(nameof(ManagementOptions.Addresses), rule);
            }

            return true;
        }

        return SectionBinder.BindSection(child, nameof(ManagementOptions.Tls), OptionKeys.ForTls, options.Tls, problems)
            || SectionBinder.BindValue("", child, Keys, options, problems);
    }
}

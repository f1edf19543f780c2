using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using ResilientRabbit.Configuration;

namespace ResilientRabbit.Management.Http;

/// <summary>The configuration sections of one client of the management API: reports what a binding alone would swallow. One per name and service collection.</summary>
/// <param name="optionsName">The name of the options.</param>
internal sealed class ManagementSections(string optionsName) : IValidateOptions<ManagementOptions>
{
    private readonly List<IConfiguration> _sections = [];

    public string Name => optionsName;

    public void Add(IConfiguration section) => _sections.Add(section);

    /// <summary>Lists what could not be read; the rules for the values are those of <see cref="ManagementOptionsValidator"/>.</summary>
    public ValidateOptionsResult Validate(string? name, ManagementOptions options)
    {
        if (!string.Equals(optionsName, name, StringComparison.Ordinal))
        {
            return ValidateOptionsResult.Skip;
        }

        List<string> problems = [.. _sections.SelectMany(static section => ManagementSection.Bind(section, new ManagementOptions()))];
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    /// <summary>Makes a list that names problems by the path of the section.</summary>
    public ProblemList NewList() => new(_sections.Count == 0 ? ManagementSection.DefaultPath : ManagementSection.PathOf(_sections[0]));
}

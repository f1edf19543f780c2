using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using ResilientRabbit.Configuration.OpenStack;

namespace ResilientRabbit.Configuration;

/// <summary>The sections that the options of one client are bound to, in order: reports what a binding alone would swallow or throw one by one.</summary>
internal sealed class BoundSections(string optionsName) : IValidateOptions<ResilientRabbitOptions>
{
    private readonly List<IConfiguration> _sections = [];

    public void Add(IConfiguration section) => _sections.Add(section);

    /// <summary>Lists what could not be read; the rules for the values are those of <see cref="ResilientRabbitOptionsValidator"/>.</summary>
    public ValidateOptionsResult Validate(string? name, ResilientRabbitOptions options)
    {
        if (!string.Equals(optionsName, name, StringComparison.Ordinal))
        {
            return ValidateOptionsResult.Skip;
        }

        List<string> problems = [.. _sections.SelectMany(static section => SectionBinder.Bind(section, new ResilientRabbitOptions()))];
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    /// <summary>Makes a list that names problems by the path and the keys of the sections.</summary>
    public ProblemList NewList()
    {
        Dictionary<string, string> aliases = new(StringComparer.Ordinal);
        foreach (IConfiguration section in _sections)
        {
            OpenStackBinder.CollectAliases(section, aliases);
        }

        return new ProblemList(_sections.Count == 0 ? ResilientRabbitOptionsValidator.DefaultPath : SectionBinder.PathOf(_sections[0]), aliases);
    }
}

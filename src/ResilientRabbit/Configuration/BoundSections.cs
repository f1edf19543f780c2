using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ResilientRabbit.Configuration;

/// <summary>Where the options of one client come from, in order: reports what a binding alone would swallow or throw one by one.</summary>
internal sealed class BoundSections(string optionsName) : IValidateOptions<ResilientRabbitOptions>
{
    private readonly List<IOptionsOrigin> _origins = [];

    public IReadOnlyList<IOptionsOrigin> Origins => _origins;

    public void Add(IConfiguration section) => Add(new SectionOrigin(section));

    public void Add(IOptionsOrigin origin) => _origins.Add(origin);

    /// <summary>Lists what could not be read; the rules for the values are those of <see cref="ResilientRabbitOptionsValidator"/>.</summary>
    public ValidateOptionsResult Validate(string? name, ResilientRabbitOptions options)
    {
        if (!string.Equals(optionsName, name, StringComparison.Ordinal))
        {
            return ValidateOptionsResult.Skip;
        }

        List<string> problems = [.. _origins.SelectMany(static origin => origin.Bind(new ResilientRabbitOptions()))];
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    /// <summary>Makes a list that names problems by the path and the keys of the sections, or by file and line.</summary>
    public ProblemList NewList()
    {
        Dictionary<string, string> aliases = new(StringComparer.Ordinal);
        Dictionary<string, string> places = new(StringComparer.Ordinal);
        foreach (IOptionsOrigin origin in _origins)
        {
            origin.Describe(aliases, places);
        }

        return new ProblemList(_origins.Count == 0 ? ResilientRabbitOptionsValidator.DefaultPath : _origins[0].Path, aliases, places);
    }
}

using System.Text;
using System.Text.RegularExpressions;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>Replaces <c>$name</c>, <c>${name}</c> and <c>${group.name}</c> by the values of other options, as oslo.config does; <c>$$</c> and <c>\$</c> are a dollar sign.</summary>
internal sealed partial class OsloSubstitution(OsloStore store)
{
    private const int Deepest = 16;
    private const int LongestText = 1024 * 1024;

    // Sixteen levels of a hundred references each would be more than any machine can follow.
    private const int MostReferences = 10_000;

    private int _references;

    /// <summary>Replaces what a text refers to.</summary>
    /// <param name="text">The text.</param>
    /// <param name="group">The group whose options a bare name means first; then those of <c>[DEFAULT]</c>.</param>
    /// <param name="isSecret">Whether the text is a secret: then not even the name after the dollar sign is repeated, it may be a part of it.</param>
    /// <param name="problem">The broken rule, or null.</param>
    public string Expand(string text, string group, bool isSecret, out string? problem)
    {
        problem = null;
        _references = 0;
        return text.Contains('$', StringComparison.Ordinal) ? Expand(text, group, isSecret, 0, ref problem) : text;
    }

    private string Expand(string text, string group, bool isSecret, int depth, ref string? problem)
    {
        if (depth > Deepest || ++_references > MostReferences)
        {
            problem ??= "refers to itself, or through too many other options";
            return text;
        }

        string template = text.Replace(@"\$", "$$", StringComparison.Ordinal);
        var result = new StringBuilder();
        int end = 0;
        foreach (Match match in Placeholder().Matches(template))
        {
            result.Append(template, end, match.Index - end);
            end = match.Index + match.Length;
            string name = match.Groups["named"].Success ? match.Groups["named"].Value : match.Groups["braced"].Value;
            result.Append(match.Value is "$$" ? "$" : name.Length == 0 ? match.Value : Look(name, group, isSecret, depth, ref problem));
            if (problem is not null || result.Length > LongestText)
            {
                problem ??= "grows beyond all measure by its substitutions";
                return text;
            }
        }

        return result.Append(template, end, template.Length - end).ToString();
    }

    private string Look(string name, string group, bool isSecret, int depth, ref string? problem)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        string? value = dot < 0
            ? ValueOf(group, name, isSecret, depth, ref problem) ?? ValueOf(OsloEntry.DefaultGroup, name, isSecret, depth, ref problem)
            : ValueOf(OsloEntry.Normalize(name[..dot]), name[(dot + 1)..], isSecret, depth, ref problem);
        if (value is null)
        {
            problem ??= isSecret
                ? "has '$' before a name that is no key of the files; write '$$' for a dollar sign (the value is not shown)"
                : $"refers to {ProblemList.Quote(name)}, which is no key of the files; write '$$' for a dollar sign";
        }

        return value ?? "";
    }

    private string? ValueOf(string group, string name, bool isSecret, int depth, ref string? problem)
    {
        if (OsloOptions.Find(group, name) is { } option && string.Equals(option.Name, name, StringComparison.Ordinal))
        {
            OsloText found = store.Find(option);
            if (found.Text is null)
            {
                return "";
            }

            string text = Expand(found.Text, option.Group, isSecret || option.IsSecret, depth + 1, ref problem);
            return OsloValue.TryRead(option, text, out object? value) is null ? OsloValue.Write(value) : text;
        }

        return store.FindForeign(group, name) is { } foreign ? Expand(foreign.Value, foreign.Group, isSecret, depth + 1, ref problem) : null;
    }

    [GeneratedRegex(@"\$(?:\$|(?<named>[_a-z][._a-z0-9]*)|\{(?<braced>[_a-z][._a-z0-9]*)\}|)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Placeholder();
}

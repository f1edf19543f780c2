using System.Text.RegularExpressions;
using Xunit;

namespace ResilientRabbit.Tests.Architecture;

/// <summary>The source files of one package, and who uses whom among its folders.</summary>
/// <param name="package">The package's folder, from the root of the repository.</param>
/// <param name="internalNamespace">Finds the internal namespace of a folder in a line, as the group "folder".</param>
/// <param name="mayUse">For each folder, the others that it may use; folders that are not listed may use all.</param>
internal sealed class PackageSources(string package, Regex internalNamespace, IReadOnlyDictionary<string, string[]> mayUse)
{
    public IEnumerable<string> Files => SourceTree.Files(package);

    public static bool IsCode(string line) => !line.TrimStart().StartsWith("//", StringComparison.Ordinal);

    /// <summary>The namespace of a file; empty when it has none.</summary>
    public static string NamespaceOf(string file)
        => SourceTree.Lines(file).FirstOrDefault(static line => line.StartsWith("namespace ", StringComparison.Ordinal))?["namespace ".Length..].TrimEnd(';') ?? "";

    /// <summary>Fails with all of them in its text: the assertion for empty collections cuts its texts short.</summary>
    public static void AssertNone(IEnumerable<string> offences)
    {
        string text = string.Join('\n', offences);
        Assert.True(text.Length == 0, text);
    }

    /// <summary>The folder of the package that a file is in; empty for its root.</summary>
    public string FolderOf(string file)
    {
        string[] parts = file[(package.Length + 1)..].Split('/');
        return parts.Length == 1 ? "" : parts[0];
    }

    /// <summary>The files with a line of code that the expression finds.</summary>
    public IEnumerable<string> FilesWith(Regex expression) => Files.Where(file => SourceTree.Lines(file).Any(line => IsCode(line) && expression.IsMatch(line)));

    public void AssertFoldersUseOnlyWhatTheyMay()
        => AssertNone(Files
            .Where(file => mayUse.ContainsKey(FolderOf(file)))
            .SelectMany(file => UsesOf(file).Where(used => !mayUse[FolderOf(file)].Append(FolderOf(file)).Contains(used, StringComparer.Ordinal)).Select(used => $"{file} uses {used}")));

    private IEnumerable<string> UsesOf(string file)
        => SourceTree.Lines(file)
            .Where(static line => IsCode(line) && !line.StartsWith("namespace ", StringComparison.Ordinal))
            .SelectMany(line => internalNamespace.Matches(line).Select(static match => match.Groups["folder"].Value))
            .Select(static name => name is "Declaring" ? "Topology" : name)
            .Distinct(StringComparer.Ordinal);
}

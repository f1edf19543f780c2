using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace ResilientRabbit.Tests.Architecture;

public sealed partial class ArchitectureTests
{
    private const string Package = "src/ResilientRabbit";
    private const int LongestFile = 300;

    // The table "may use" of docs/design.md. Folders that are not listed (the root, DependencyInjection) may use all.
    // Configuration holds the frozen settings and, like Diagnostics, uses nothing: who is configured may read it.
    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Configuration"] = [],
        ["Diagnostics"] = [],
        ["Errors"] = [],
        ["Connections"] = ["Configuration", "Diagnostics"],
        ["Publishing"] = ["Configuration", "Connections", "Diagnostics"],
        ["Topology"] = ["Connections", "Diagnostics"],
        ["Consuming"] = ["Connections", "Topology", "Diagnostics"],
        ["Bridging"] = ["Configuration", "Connections", "Consuming", "Diagnostics", "Publishing", "Topology"],
    };

    private static readonly string[] KnownFolders = [.. MayUse.Keys, "DependencyInjection"];

    [Fact]
    public void Folders_use_only_what_they_may()
    {
        List<string> offences = [];
        foreach (string file in SourceTree.Files(Package))
        {
            string folder = FolderOf(file);
            if (MayUse.TryGetValue(folder, out string[]? allowed))
            {
                IEnumerable<string> used = UsesOf(file).Where(used => !allowed.Append(folder).Contains(used, StringComparer.Ordinal));
                offences.AddRange(used.Select(used => $"{file} uses {used}"));
            }
        }

        AssertNone(offences);
    }

    [Fact]
    public void Each_file_is_in_a_known_folder_and_in_the_namespace_of_its_folder_or_of_the_public_types()
    {
        List<string> offences = [];
        foreach (string file in SourceTree.Files(Package))
        {
            string folder = FolderOf(file);
            string expected = "ResilientRabbit." + (folder is "Topology" ? "Declaring" : folder);
            string[] lines = SourceTree.Lines(file);
            string found = lines.FirstOrDefault(static line => line.StartsWith("namespace ", StringComparison.Ordinal))?["namespace ".Length..].TrimEnd(';') ?? "";
            bool known = folder.Length == 0 || KnownFolders.Contains(folder, StringComparer.Ordinal);
            bool isExpected = string.Equals(found, expected, StringComparison.Ordinal) || found.StartsWith(expected + ".", StringComparison.Ordinal);
            bool isPublic = found is "ResilientRabbit" || (folder is "DependencyInjection" && found is "Microsoft.Extensions.DependencyInjection");
            if (!known || (found.Length > 0 && !isPublic && !isExpected))
            {
                offences.Add($"{file} has the namespace {found}");
            }
        }

        AssertNone(offences);
    }

    [Fact]
    public void Public_types_are_in_the_namespaces_that_users_know()
    {
        string[] known = ["ResilientRabbit", "Microsoft.Extensions.DependencyInjection"];

        IEnumerable<Type> others = typeof(IRabbitClient).Assembly.GetExportedTypes().Where(type => !known.Contains(type.Namespace, StringComparer.Ordinal));

        Assert.Empty(others);
    }

    [Fact]
    public void Files_stay_short()
    {
        string exceptions = LongFilesOf(Path.Combine(SourceTree.Root, "docs", "design.md"));

        IEnumerable<string> tooLong = SourceTree.Files("src").Concat(SourceTree.Files("tests"))
            .Where(file => SourceTree.Lines(file).Length > LongestFile && !exceptions.Contains(file, StringComparison.Ordinal))
            .Select(static file => string.Create(CultureInfo.InvariantCulture, $"{file}: {SourceTree.Lines(file).Length} lines"));

        AssertNone(tooLong);
    }

    [Theory]
    [InlineData("new ConnectionFactory")]
    [InlineData("IAmqpHeader")]
    [InlineData("new PublishEncoder(")]
    public void Each_door_to_the_driver_is_in_one_file(string door)
        => Assert.Single(SourceTree.Files("src"), file => SourceTree.Lines(file).Any(line => IsCode(line) && line.Contains(door, StringComparison.Ordinal)));

    // It has a lock, a queue and a semaphore of its own, and numbers of its own that would no longer be the channel's: we publish between its frames.
    [Fact]
    public void Nobody_calls_the_drivers_publish()
        => Assert.DoesNotContain(SourceTree.Files("src"), static file => SourceTree.Lines(file).Any(static line => IsCode(line) && line.Contains(".BasicPublishAsync(", StringComparison.Ordinal)));

    // The assertion for empty collections cuts its texts short.
    private static void AssertNone(IEnumerable<string> offences)
    {
        string text = string.Join('\n', offences);
        Assert.True(text.Length == 0, text);
    }

    private static string FolderOf(string file)
    {
        string[] parts = file[(Package.Length + 1)..].Split('/');
        return parts.Length == 1 ? "" : parts[0];
    }

    private static IEnumerable<string> UsesOf(string file)
        => SourceTree.Lines(file)
            .Where(static line => IsCode(line) && !line.StartsWith("namespace ", StringComparison.Ordinal))
            .SelectMany(static line => InternalNamespace().Matches(line).Select(static match => match.Groups["folder"].Value))
            .Select(static name => name is "Declaring" ? "Topology" : name)
            .Distinct(StringComparer.Ordinal);

    private static bool IsCode(string line) => !line.TrimStart().StartsWith("//", StringComparison.Ordinal);

    // The lines under the heading "Files above 300 lines".
    private static string LongFilesOf(string page)
    {
        if (!File.Exists(page))
        {
            return "";
        }

        IEnumerable<string> lines = File.ReadAllLines(page).SkipWhile(static line => !line.EndsWith("Files above 300 lines", StringComparison.Ordinal)).Skip(1);
        return string.Join('\n', lines.TakeWhile(static line => !line.StartsWith('#')));
    }

    [GeneratedRegex(@"\bResilientRabbit\.(?<folder>Configuration|Connections|Publishing|Declaring|Consuming|Bridging|Diagnostics|DependencyInjection)\b", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex InternalNamespace();
}

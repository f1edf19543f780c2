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

    private static readonly PackageSources Sources = new(Package, InternalNamespace(), MayUse);
    private static readonly string[] KnownFolders = [.. MayUse.Keys, "DependencyInjection"];

    [Fact]
    public void Folders_use_only_what_they_may() => Sources.AssertFoldersUseOnlyWhatTheyMay();

    [Fact]
    public void Each_file_is_in_a_known_folder_and_in_the_namespace_of_its_folder_or_of_the_public_types()
    {
        List<string> offences = [];
        foreach (string file in Sources.Files)
        {
            string folder = Sources.FolderOf(file);
            string expected = "ResilientRabbit." + (folder is "Topology" ? "Declaring" : folder);
            string found = PackageSources.NamespaceOf(file);
            bool known = folder.Length == 0 || KnownFolders.Contains(folder, StringComparer.Ordinal);
            bool isExpected = string.Equals(found, expected, StringComparison.Ordinal) || found.StartsWith(expected + ".", StringComparison.Ordinal);
            bool isPublic = found is "ResilientRabbit" || (folder is "DependencyInjection" && found is "Microsoft.Extensions.DependencyInjection");
            if (!known || (found.Length > 0 && !isPublic && !isExpected))
            {
                offences.Add($"{file} has the namespace {found}");
            }
        }

        PackageSources.AssertNone(offences);
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

        PackageSources.AssertNone(tooLong);
    }

    [Theory]
    [InlineData("new ConnectionFactory")]
    [InlineData("IAmqpHeader")]
    [InlineData("new PublishEncoder(")]
    public void Each_door_to_the_driver_is_in_one_file(string door)
        => Assert.Single(SourceTree.Files("src"), file => SourceTree.Lines(file).Any(line => PackageSources.IsCode(line) && line.Contains(door, StringComparison.Ordinal)));

    // It has a lock, a queue and a semaphore of its own, and numbers of its own that would no longer be the channel's: we publish between its frames.
    [Fact]
    public void Nobody_calls_the_drivers_publish()
        => Assert.DoesNotContain(SourceTree.Files("src"), static file => SourceTree.Lines(file).Any(static line => PackageSources.IsCode(line) && line.Contains(".BasicPublishAsync(", StringComparison.Ordinal)));

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

using System.Text.RegularExpressions;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.Tests.Architecture;

/// <summary>What <see cref="ArchitectureTests"/> is for the main package, for ResilientRabbit.Testing.</summary>
public sealed partial class TestingPackageTests
{
    private const string Package = "src/ResilientRabbit.Testing";
    private const string Root = "ResilientRabbit.Testing";

    // The table of docs/design.md. The root may use all.
    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Wire"] = [],
        ["Journal"] = ["Wire"],
        ["Model"] = ["Wire"],
        ["Faults"] = ["Journal", "Wire"],
        ["Proxy"] = ["Faults", "Journal", "Wire"],
        ["Server"] = ["Faults", "Journal", "Model", "Wire"],
    };

    private static readonly PackageSources Sources = new(Package, InternalNamespace(), MayUse);

    [Fact]
    public void Folders_use_only_what_they_may() => Sources.AssertFoldersUseOnlyWhatTheyMay();

    [Fact]
    public void Each_file_is_in_a_known_folder_and_in_its_namespace_or_in_that_of_the_public_types()
    {
        List<string> offences = [];
        foreach (string file in Sources.Files)
        {
            string folder = Sources.FolderOf(file);
            string found = PackageSources.NamespaceOf(file);
            bool known = folder.Length == 0 || MayUse.ContainsKey(folder);
            if (!known || (found.Length > 0 && found is not Root && !string.Equals(found, $"{Root}.{folder}", StringComparison.Ordinal)))
            {
                offences.Add($"{file} has the namespace {found}");
            }
        }

        PackageSources.AssertNone(offences);
    }

    [Fact]
    public void Public_types_are_in_the_namespace_of_the_package()
        => Assert.DoesNotContain(typeof(TestBroker).Assembly.GetExportedTypes(), static type => type.Namespace is not Root);

    // Whoever tests with it may test any client, or another version of ours.
    [Fact]
    public void It_knows_neither_our_client_nor_the_driver()
        => Assert.DoesNotContain(
            typeof(TestBroker).Assembly.GetReferencedAssemblies(),
            static assembly => assembly.Name is "ResilientRabbit" || assembly.Name!.StartsWith("RabbitMQ.", StringComparison.Ordinal) || assembly.Name.StartsWith("Polly", StringComparison.Ordinal));

    // No timers, so that nothing happens by itself: the clock of the broker, heartbeats and the proxy's line are the exceptions.
    [Fact]
    public void Only_expiry_heartbeats_and_the_proxys_line_run_on_a_clock()
    {
        string[] known = [$"{Package}/Proxy/DelayLine.cs", $"{Package}/Server/ClusterHost.cs", $"{Package}/Server/Heartbeats.cs"];

        PackageSources.AssertNone(Sources.FilesWith(Clock()).Except(known, StringComparer.Ordinal));
    }

    [GeneratedRegex(@"\bResilientRabbit\.Testing\.(?<folder>Wire|Journal|Model|Faults|Proxy|Server)\b", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex InternalNamespace();

    [GeneratedRegex(@"\bTask\.Delay\(|\bCreateTimer\(|\bnew (?:PeriodicTimer|Timer)\(|\bThread\.Sleep\(", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Clock();
}

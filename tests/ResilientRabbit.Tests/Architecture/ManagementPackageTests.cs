using System.Text.RegularExpressions;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.Tests.Architecture;

/// <summary>What <see cref="ArchitectureTests"/> is for the main package, for ResilientRabbit.Management.</summary>
public sealed partial class ManagementPackageTests
{
    private const string Package = "src/ResilientRabbit.Management";
    private const string Root = "ResilientRabbit.Management";

    // The table of docs/design.md. The root and DependencyInjection may use all. Model and half of Drift are public.
    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Json"] = [],
        ["Model"] = ["Json"],
        ["Http"] = ["Json"],
        ["Drift"] = ["Json"],
        ["Health"] = [],
    };

    private static readonly PackageSources Sources = new(Package, InternalNamespace(), MayUse);

    [Fact]
    public void Folders_use_only_what_they_may() => Sources.AssertFoldersUseOnlyWhatTheyMay();

    [Fact]
    public void Each_file_is_in_a_known_folder_and_in_its_namespace_or_in_that_of_the_public_types()
    {
        IEnumerable<string> offences = Sources.Files.Where(static file =>
        {
            string folder = Sources.FolderOf(file);
            string found = PackageSources.NamespaceOf(file);
            bool isOwn = string.Equals(found, $"{Root}.{folder}", StringComparison.Ordinal);
            return folder switch
            {
                "" or "Model" => found is not Root,
                "DependencyInjection" => found is not "Microsoft.Extensions.DependencyInjection",
                _ => !MayUse.ContainsKey(folder) || !(isOwn || found is Root),
            };
        });

        PackageSources.AssertNone(offences);
    }

    [Fact]
    public void Public_types_are_in_the_namespaces_that_users_know()
        => Assert.DoesNotContain(typeof(IRabbitManagementClient).Assembly.GetExportedTypes(), static type => type.Namespace is not (Root or "Microsoft.Extensions.DependencyInjection"));

    // The rules of TLS, redirections, proxies and limits are there.
    [Fact]
    public void Requests_leave_through_one_file()
        => Assert.Equal([$"{Package}/Http/AddressChannel.cs"], Sources.FilesWith(Door()));

    [GeneratedRegex(@"\bResilientRabbit\.Management\.(?<folder>Json|Http|Drift|Health)\b", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex InternalNamespace();

    [GeneratedRegex(@"\bnew (?:HttpClient|HttpMessageInvoker|SocketsHttpHandler|HttpClientHandler|Socket|SslStream)\(|SocketsHttpHandler\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Door();
}

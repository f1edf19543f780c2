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

    [Fact]
    public void Folders_use_only_what_they_may()
    {
        IEnumerable<string> offences = SourceTree.Files(Package)
            .Where(static file => MayUse.ContainsKey(FolderOf(file)))
            .SelectMany(static file => UsesOf(file).Where(used => !MayUse[FolderOf(file)].Append(FolderOf(file)).Contains(used, StringComparer.Ordinal)).Select(used => $"{file} uses {used}"));

        AssertNone(offences);
    }

    [Fact]
    public void Each_file_is_in_a_known_folder_and_in_its_namespace_or_in_that_of_the_public_types()
    {
        IEnumerable<string> offences = SourceTree.Files(Package).Where(static file =>
        {
            string folder = FolderOf(file);
            string found = SourceTree.Lines(file).FirstOrDefault(static line => line.StartsWith("namespace ", StringComparison.Ordinal))?["namespace ".Length..].TrimEnd(';') ?? "";
            bool isOwn = string.Equals(found, $"{Root}.{folder}", StringComparison.Ordinal);
            return folder switch
            {
                "" or "Model" => found is not Root,
                "DependencyInjection" => found is not "Microsoft.Extensions.DependencyInjection",
                _ => !MayUse.ContainsKey(folder) || !(isOwn || found is Root),
            };
        });

        AssertNone(offences);
    }

    [Fact]
    public void Public_types_are_in_the_namespaces_that_users_know()
        => Assert.DoesNotContain(typeof(IRabbitManagementClient).Assembly.GetExportedTypes(), static type => type.Namespace is not (Root or "Microsoft.Extensions.DependencyInjection"));

    // The rules of TLS, redirections, proxies and limits are there.
    [Fact]
    public void Requests_leave_through_one_file()
        => Assert.Equal(
            [$"{Package}/Http/AddressChannel.cs"],
            SourceTree.Files(Package).Where(static file => SourceTree.Lines(file).Any(static line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && Door().IsMatch(line))));

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
            .Where(static line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && !line.StartsWith("namespace ", StringComparison.Ordinal))
            .SelectMany(static line => InternalNamespace().Matches(line).Select(static match => match.Groups["folder"].Value))
            .Distinct(StringComparer.Ordinal);

    [GeneratedRegex(@"\bResilientRabbit\.Management\.(?<folder>Json|Http|Drift|Health)\b", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex InternalNamespace();

    [GeneratedRegex(@"\bnew (?:HttpClient|HttpMessageInvoker|SocketsHttpHandler|HttpClientHandler|Socket|SslStream)\(|SocketsHttpHandler\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Door();
}

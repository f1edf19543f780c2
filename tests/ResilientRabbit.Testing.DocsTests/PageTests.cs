using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace ResilientRabbit.Testing.DocsTests;

/// <summary>Code on a page that nobody compiles, and links that nobody follows, are wrong after the next change.</summary>
public sealed partial class PageTests
{
    private const int LongestReadme = 250;

    internal static string Root { get; } = FindRoot();

    public static TheoryData<string> Pages => [.. PageNames()];

    [Theory, MemberData(nameof(Pages))]
    public void Each_block_of_code_stands_in_a_file_that_is_compiled(string page)
    {
        string[] sources = [.. Directory.EnumerateFiles(Path.Combine(Root, "tests", "ResilientRabbit.Testing.DocsTests"), "*.cs", SearchOption.AllDirectories).Select(static file => Lines(File.ReadAllText(file)))];
        string[] blocks = [.. Block().Matches(File.ReadAllText(Path.Combine(Root, page))).Select(static match => Lines(match.Groups["code"].Value))];

        Assert.All(blocks, block =>
        {
            // Statements and types of one block stand in different places of a file.
            string[] paragraphs = block.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.True(Array.Exists(sources, source => Array.TrueForAll(paragraphs, paragraph => source.Contains(paragraph, StringComparison.Ordinal))), $"{page}: no file has\n{block}");
        });
    }

    [Fact]
    public void The_pages_that_show_code_are_seen()
    {
        Assert.All(["README.md", "docs/testing.md", "docs/publishing.md", "docs/migration.md", "docs/management.md", "src/ResilientRabbit.Management/README.md", "src/ResilientRabbit.Testing/README.md"], page =>
        {
            Assert.Contains(page, PageNames());
            Assert.NotEmpty(Block().Matches(File.ReadAllText(Path.Combine(Root, page))));
        });
    }

    [Theory, MemberData(nameof(Pages))]
    public void Each_link_leads_somewhere(string page)
    {
        string text = Fence().Replace(File.ReadAllText(Path.Combine(Root, page)), "");
        IEnumerable<string> broken = Link().Matches(text).Select(static match => match.Groups["target"].Value)
            .Where(static target => !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Resolves(page, target));

        Assert.Empty(broken);
    }

    [Fact]
    public void Each_page_is_on_the_list_of_pages()
    {
        string list = File.ReadAllText(Path.Combine(Root, "docs", "README.md"));

        string[] missing = [.. PageNames().Where(static page => page.StartsWith("docs/", StringComparison.Ordinal) && page is not "docs/README.md").Where(page => !list.Contains($"({page["docs/".Length..]})", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }

    [Fact]
    public void The_readme_is_short() => Assert.InRange(File.ReadAllLines(Path.Combine(Root, "README.md")).Length, 1, LongestReadme);

    private static string[] PageNames() =>
    [
        "README.md", "CHANGELOG.md", "samples/README.md", "src/ResilientRabbit.Management/README.md", "src/ResilientRabbit.Testing/README.md", "benchmarks/README.md",
        .. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md").Select(static file => "docs/" + Path.GetFileName(file)).Order(StringComparer.Ordinal),
    ];

    private static bool Resolves(string page, string target)
    {
        string[] parts = target.Split('#', 2);
        string file = parts[0].Length == 0 ? Path.Combine(Root, page) : Path.GetFullPath(Path.Combine(Root, Path.GetDirectoryName(page)!, parts[0]));
        return (File.Exists(file) || Directory.Exists(file)) && (parts.Length == 1 || Anchors(file).Contains(parts[1], StringComparer.Ordinal));
    }

    // As the usual viewers make them: lower case, no punctuation, blanks become hyphens.
    private static IEnumerable<string> Anchors(string file)
        => Fence().Replace(File.ReadAllText(file), "").Split('\n').Where(static line => line.StartsWith('#')).Select(static line =>
        {
            var anchor = new StringBuilder();
            foreach (char letter in line.TrimStart('#').Trim())
            {
                anchor.Append(char.IsLetterOrDigit(letter) || letter is '-' or '_' ? char.ToLowerInvariant(letter) : letter == ' ' ? '-' : '\0');
            }

            return anchor.Replace("\0", "").ToString();
        });

    // Indentation differs between a page and a method.
    private static string Lines(string text) => string.Join('\n', text.Split('\n').Select(static line => line.Trim())).Trim();

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Messaging.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }

    [GeneratedRegex("^ *```csharp\n(?<code>.*?)^ *```", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Block();

    [GeneratedRegex("^ *```.*?^ *```", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Link();
}

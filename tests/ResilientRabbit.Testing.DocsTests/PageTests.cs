using System.Text.RegularExpressions;
using Xunit;

namespace ResilientRabbit.Testing.DocsTests;

/// <summary>Code on a page that nobody compiles is wrong after the next change.</summary>
public sealed partial class PageTests
{
    private const string Examples = "tests/ResilientRabbit.Testing.DocsTests/Examples.cs";

    [Theory]
    [InlineData("docs/testing.md", 5)]
    [InlineData("src/ResilientRabbit.Testing/README.md", 1)]
    public void Each_block_of_code_stands_in_the_examples(string page, int atLeast)
    {
        string examples = Lines(File.ReadAllText(Path.Combine(Root(), Examples)));
        string[] blocks = [.. Block().Matches(File.ReadAllText(Path.Combine(Root(), page))).Select(static match => Lines(match.Groups["code"].Value))];

        Assert.True(blocks.Length >= atLeast, $"{page} has {blocks.Length} blocks");
        Assert.All(blocks, block => Assert.Contains(block, examples, StringComparison.Ordinal));
    }

    // Indentation differs between a page and a method.
    private static string Lines(string text) => string.Join('\n', text.Split('\n').Select(static line => line.Trim())).Trim();

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Messaging.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Block();
}

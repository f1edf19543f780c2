using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>The rows of SABOTAGES.md: what a run said in which a promise was broken by hand.</summary>
internal static partial class SabotageRows
{
    private const int LongestWords = 120;

    /// <summary>Where the table lies, from the root of the source tree.</summary>
    public static readonly string Table = Path.Combine("tests", "ResilientRabbit.ProtocolTests", "SABOTAGES.md");

    /// <summary>Makes rows of a result file, one for each test of a scenario that was red.</summary>
    /// <param name="resultFile">What the runner wrote (<c>-xml</c>).</param>
    /// <param name="broken">What was broken, in words.</param>
    public static IEnumerable<string> Of(string resultFile, string broken)
    {
        Dictionary<string, string> promises = ScenarioCoverageTests.Tests()
            .GroupBy(static test => ScenarioCoverageTests.NameOf(test.Method), StringComparer.Ordinal)
            .ToDictionary(static tests => tests.Key, static tests => PromisesOf(tests.Select(static test => test.Scenario)), StringComparer.Ordinal);
        return
            from test in XDocument.Load(resultFile).Descendants("test")
            where test.Attribute("result")?.Value is "Fail"
            group test by $"{test.Attribute("type")!.Value.Split('.')[^1]}.{test.Attribute("method")!.Value}" into cases
            where promises.ContainsKey(cases.Key)
            orderby cases.Key
            select $"| {cases.Key} | {promises[cases.Key]} | {cases.Count()} | {broken} | {Words(cases.First().Descendants("message").FirstOrDefault()?.Value ?? "")} |";
    }

    /// <summary>All promises of a test, in the order in which they were given.</summary>
    public static string PromisesOf(IEnumerable<ScenarioAttribute> scenarios) => string.Join(' ', scenarios.SelectMany(static scenario => scenario.Promises).Distinct(StringComparer.Ordinal));

    /// <summary>The rows of a table: test, promises, how many cases were red.</summary>
    public static IEnumerable<(string Test, string Promises, int Cases)> Read(string table) =>
        from line in table.Split('\n')
        where line.StartsWith("| ", StringComparison.Ordinal) && line.Contains('.', StringComparison.Ordinal)
        let cells = line.Split('|', StringSplitOptions.TrimEntries)
        where cells.Length > 5 && int.TryParse(cells[3], NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select (cells[1], cells[2], int.Parse(cells[3], CultureInfo.InvariantCulture));

    // One line, without what differs from run to run or would break the table.
    private static string Words(string message)
    {
        // The runner writes quotation marks as programs do.
        string plain = Blanks().Replace(message.Replace("\\\"", "\"", StringComparison.Ordinal), " ");
        string text = Changing().Replace(plain, "…").Replace('|', '/').Trim();
        return text.Length <= LongestWords ? text : text[..LongestWords].TrimEnd() + " …";
    }

    [GeneratedRegex(@"(\s|\\[rn]|[↓↑]|\(pos \d+\))+", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blanks();

    // Ports, made-up names, and the words that stand for passwords in the tests: they are looked for in everything that is committed.
    [GeneratedRegex(@"(?<=127\.0\.0\.1:)\d+|zq9\w*q9z|zq9\S*|[0-9a-f]{32}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Changing();
}

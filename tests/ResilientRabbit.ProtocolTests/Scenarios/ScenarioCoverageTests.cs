using System.Globalization;
using System.Reflection;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>No scenario without a test.</summary>
public sealed class ScenarioCoverageTests
{
    [Fact]
    public void Every_scenario_and_every_driver_defect_has_a_test()
    {
        string[] all = [.. Enumerable.Range(1, 63).Select(static number => $"{number}"), .. Enumerable.Range(1, 16).Select(static number => $"C{number}")];

        string[] missing = [.. all.Except(Tests().SelectMany(static test => test.Scenario.Scenarios), StringComparer.Ordinal)];

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_test_of_a_scenario_names_known_scenarios_and_promises()
    {
        Assert.All(Tests(), static test =>
        {
            Assert.NotEmpty(test.Scenario.Promises);
            Assert.All(test.Scenario.Promises, static promise => Assert.Matches("^P([1-9]|[12][0-9]|3[0-2])$", promise));
            Assert.All(test.Scenario.Scenarios, static scenario => Assert.Matches("^([1-9]|[1-5][0-9]|6[0-3]|C([1-9]|1[0-6]))$", scenario));
        });
    }

    /// <summary>The table that the documentation shows: scenario, test, promises.</summary>
    [Fact]
    public async Task The_table_of_scenarios_is_the_approved_one()
    {
        string folder = Path.Combine(SourceRoot(), "tests", "ResilientRabbit.ProtocolTests");
        string received = string.Concat(Tests()
            .SelectMany(static test => test.Scenario.Scenarios, static (test, scenario) => (Scenario: scenario, Test: NameOf(test.Method), Promises: string.Join(' ', test.Scenario.Promises)))
            .OrderBy(static row => row.Scenario.StartsWith('C'))
            .ThenBy(static row => int.Parse(row.Scenario.TrimStart('C'), CultureInfo.InvariantCulture))
            .ThenBy(static row => row.Test, StringComparer.Ordinal)
            .Select(static row => $"{row.Scenario} | {row.Test} | {row.Promises}\n"));
        string receivedFile = Path.Combine(folder, "Scenarios.received.txt");
        string approved = (await File.ReadAllTextAsync(Path.Combine(folder, "Scenarios.approved.txt"))).ReplaceLineEndings("\n");
        if (string.Equals(approved, received, StringComparison.Ordinal))
        {
            File.Delete(receivedFile);
            return;
        }

        await File.WriteAllTextAsync(receivedFile, received);
        Assert.Fail("The scenarios differ from what was approved: review the difference; when it is meant, copy Scenarios.received.txt over Scenarios.approved.txt.");
    }

    /// <summary>A test that nobody has seen red may be a check that cannot fail: break its promise once, and add the row (SABOTAGES.md says how).</summary>
    [Fact]
    public async Task Every_test_of_a_scenario_was_red_when_its_promise_was_broken()
    {
        ILookup<string, (string Test, string Promises, int Cases)> rows =
            SabotageRows.Read(await File.ReadAllTextAsync(Path.Combine(SourceRoot(), SabotageRows.Table))).ToLookup(static row => row.Test, StringComparer.Ordinal);
        ILookup<string, (MethodInfo Method, ScenarioAttribute Scenario)> tests = Tests().ToLookup(static test => NameOf(test.Method), StringComparer.Ordinal);

        Assert.Empty(rows.Select(static row => row.Key).Except(tests.Select(static test => test.Key), StringComparer.Ordinal));
        Assert.All(tests, test =>
        {
            string promises = SabotageRows.PromisesOf(test.Select(static one => one.Scenario));
            int cases = Math.Max(1, test.First().Method.GetCustomAttributes<InlineDataAttribute>().Count());
            Assert.True(rows.Contains(test.Key), $"{test.Key} has no row in SABOTAGES.md.");
            Assert.All(rows[test.Key], row => Assert.Equal(promises, row.Promises));
            Assert.True(rows[test.Key].Sum(static row => row.Cases) >= cases, $"Not all {cases} cases of {test.Key} were red.");
        });
    }

    internal static string NameOf(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}";

    /// <summary>All of them.</summary>
    internal static IEnumerable<(MethodInfo Method, ScenarioAttribute Scenario)> Tests() =>
        from type in typeof(ScenarioCoverageTests).Assembly.GetTypes()
        from method in type.GetMethods()
        from scenario in method.GetCustomAttributes<ScenarioAttribute>()
        select (method, scenario);

    internal static string SourceRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Messaging.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests do not run inside the source tree.");
    }
}

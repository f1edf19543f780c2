using System.Reflection;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>A call of the management client that nobody has tried on a real broker is a guess.</summary>
public sealed class CoverageTests
{
    private static readonly MethodInfo[] Tests = [.. typeof(CoverageTests).Assembly.GetTypes().SelectMany(static type => type.GetMethods()).Where(static method => method.GetCustomAttribute<CallsAttribute>() is not null)];

    [Fact]
    public void Each_call_has_a_test_against_a_real_broker()
    {
        IEnumerable<string> calls = typeof(IRabbitManagementClient).GetMethods().Select(static method => method.Name).Distinct(StringComparer.Ordinal);

        string missing = string.Join(", ", calls.Except(Tests.SelectMany(static test => test.GetCustomAttribute<CallsAttribute>()!.Methods), StringComparer.Ordinal));

        Assert.True(missing.Length == 0, $"No test against a real broker says that it makes these calls: {missing}.");
    }

    [Fact]
    public void Each_test_makes_the_calls_that_it_says()
    {
        IEnumerable<string> idle = Tests.SelectMany(static test =>
        {
            string source = File.ReadAllText(Path.Combine(Root(), "tests", "ResilientRabbit.ClusterTests", "Management", test.DeclaringType!.Name + ".cs"));
            string body = source[source.IndexOf($" {test.Name}(", StringComparison.Ordinal)..].Split("\n    [Fact]")[0];
            return test.GetCustomAttribute<CallsAttribute>()!.Methods.Where(call => !body.Contains($"client.{call}(", StringComparison.Ordinal)).Select(call => $"{test.Name}: {call}");
        });

        Assert.Empty(idle);
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Messaging.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}

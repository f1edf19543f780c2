using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>docs/deployment.md shows the very files that these tests run HAProxy and Keepalived with; only the addresses differ.</summary>
public sealed class DeploymentPageTests
{
    private static readonly VirtualIpOptions Options = new() { HaProxy = HaProxyOptions.Friendly with { ShutdownSessionsWhenDown = true } };
    private static readonly KeepalivedConfiguration Keepalived = new(Options, "10.0.0.11", "10.0.0.12", "10.0.0.100", 150, "/etc/keepalived/haproxy-listens");

    [Fact]
    public async Task HAProxys_file_is_the_one_of_the_tests()
        => await AssertOnPageAsync(HaProxyConfiguration.Render(Options.HaProxy, new ClusterAddress("*", 5672), [new("10.0.0.1", 5672), new("10.0.0.2", 5672), new("10.0.0.3", 5672)]));

    [Fact]
    public async Task HAProxys_check_of_AMQP_is_the_one_of_the_tests() => await AssertOnPageAsync(HaProxyConfiguration.AmqpCheck);

    [Fact]
    public async Task Keepaliveds_file_is_the_one_of_the_tests() => await AssertOnPageAsync(Keepalived.Main);

    [Fact]
    public async Task The_check_script_is_the_one_of_the_tests() => await AssertOnPageAsync(Keepalived.Check);

    private static async Task AssertOnPageAsync(string expected)
        => Assert.Contains(expected.Trim(), await File.ReadAllTextAsync(FindPage(), TestContext.Current.CancellationToken), StringComparison.Ordinal);

    private static string FindPage()
    {
        // From the tests' programs upwards: the path that the compiler noted is not that of this machine.
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string page = Path.Combine(folder.FullName, "docs", "deployment.md");
            if (File.Exists(page))
            {
                return page;
            }
        }

        throw new FileNotFoundException("docs/deployment.md");
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

/// <summary>What the management API tells becomes reasons; a management API that does not answer is one, too.</summary>
public sealed class HealthTests
{
    private const string Fine = """[{"name":"rabbit@1","running":true,"partitions":[]},{"name":"rabbit@2","running":true}]""";

    public static TheoryData<string, string, string> Troubles => new()
    {
        { Fine, """[{"name":"q","consumers":1,"slave_nodes":["rabbit@2"],"synchronised_slave_nodes":["rabbit@2"]}]""", "" },
        { """[{"name":"rabbit@1","running":true,"partitions":["rabbit@2"]}]""", """[{"name":"q","consumers":1}]""", "partition" },
        { """[{"name":"rabbit@1","running":true,"mem_alarm":true},{"name":"rabbit@2","running":false}]""", """[{"name":"q","consumers":1}]""", "alarm, node-down" },
        { """[{"name":"rabbit@1","running":true,"disk_free_alarm":true}]""", """[{"name":"q","consumers":1}]""", "alarm" },
        { Fine, """[{"name":"q","consumers":1,"slave_nodes":["rabbit@2"],"synchronised_slave_nodes":[]}]""", "unsynchronised-mirrors" },
        { Fine, """[{"name":"q","consumers":1,"members":["rabbit@1","rabbit@2"],"online":["rabbit@1"]}]""", "members-offline" },
        { Fine, """[{"name":"q","consumers":0,"messages":5}]""", "queue-without-consumers" },
        { Fine, """[{"name":"q"}]""", "" },
        { Fine, "[]", "queue-missing" },
    };

    [Theory, MemberData(nameof(Troubles))]
    public async Task Each_trouble_is_a_reason(string nodes, string queues, string reasons)
    {
        await using var peer = new HttpPeer(request => Reply(
            request.Target.Contains("/nodes", StringComparison.Ordinal) ? nodes : request.Target.Contains("/queues", StringComparison.Ordinal) ? queues : """{"cluster_name":"c","rabbitmq_version":"3.10.8"}"""));

        HealthReportEntry entry = await CheckAsync(peer.Address, static options => options.QueuesWithConsumers.Add("q"));

        Assert.Equal(reasons, entry.Data["reasons"]);
        Assert.Equal(reasons.Length == 0 ? HealthStatus.Healthy : HealthStatus.Degraded, entry.Status);
        Assert.NotEmpty(entry.Description!);
    }

    [Fact]
    public async Task What_is_not_asked_for_is_no_reason_and_no_request()
    {
        await using var peer = new HttpPeer(static request => Reply(request.Target.Contains("/nodes", StringComparison.Ordinal) ? Fine : """{"cluster_name":"c"}"""));

        HealthReportEntry entry = await CheckAsync(peer.Address, static options => options.CheckReplicas = false);

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(2, peer.Seen.Count);
    }

    [Fact]
    public async Task A_management_API_that_does_not_answer_or_refuses_degrades()
    {
        await using var silent = new HttpPeer(static (_, _, end) => Task.Delay(Timeout.Infinite, end));
        await using var refusing = new HttpPeer(static _ => Reply("", 401));

        HealthReportEntry late = await CheckAsync(silent.Address, static options => options.Timeout = TimeSpan.FromMilliseconds(100));
        HealthReportEntry refused = await CheckAsync(refusing.Address, null);

        Assert.Equal((HealthStatus.Degraded, "management-unreachable"), (late.Status, late.Data["reason"]));
        Assert.Equal((HealthStatus.Degraded, "management-refused"), (refused.Status, refused.Data["reason"]));
    }

    [Fact]
    public void Limits_that_are_no_limits_are_refused()
        => Assert.Throws<ArgumentOutOfRangeException>(() => new ServiceCollection().AddHealthChecks().AddResilientRabbitManagement(configure: static options => options.Timeout = TimeSpan.Zero));

    private static async Task<HealthReportEntry> CheckAsync(string address, Action<ManagementHealthOptions>? configure)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddResilientRabbitManagement("n", options => options.Addresses.Add(address));
        services.AddHealthChecks().AddResilientRabbitManagement("n", configure);
        await using ServiceProvider provider = services.BuildServiceProvider();
        HealthReport report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync().WaitAsync(TimeSpan.FromSeconds(20));
        return report.Entries["resilient-rabbit-management:n"];
    }
}

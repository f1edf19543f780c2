using System.Text;
using System.Text.Json;
using ResilientRabbit.Clusters;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>The calls about the cluster and its nodes, each compared with rabbitmqctl.</summary>
[Collection(ManagementGroup.Name)]
public sealed class ClusterCallTests(ManagementFixture fixture)
{
    [Fact]
    [Calls(nameof(IRabbitManagementClient.GetOverviewAsync), nameof(IRabbitManagementClient.ListNodesAsync), nameof(IRabbitManagementClient.GetClusterStatusAsync),
        nameof(IRabbitManagementClient.SetClusterNameAsync), nameof(IRabbitManagementClient.GetCurrentUserAsync))]
    public async Task The_status_of_the_cluster_is_that_of_rabbitmqctl()
    {
        using RabbitManagementClient client = fixture.NewClient();

        await client.SetClusterNameAsync("shenzhen");
        ManagementOverview overview = await client.GetOverviewAsync();

        // A node that has just come back runs before its statistics arrive.
        IReadOnlyList<NodeInfo> nodes = await ManagementFixture.EventuallyAsync(() => client.ListNodesAsync(), static found => found.All(static node => node.MemoryUsed > 0), "no statistics");
        ClusterStatus status = await client.GetClusterStatusAsync();
        UserInfo user = await client.GetCurrentUserAsync();

        JsonElement told = await StatusOfCtlAsync();
        string[] names = [.. told.GetProperty("running_nodes").EnumerateArray().Select(static node => node.GetString()!).Order(StringComparer.Ordinal)];
        Assert.Equal("shenzhen", told.GetProperty("cluster_name").GetString());
        Assert.Equal(("shenzhen", fixture.Cluster.Version), (overview.ClusterName, overview.RabbitVersion));
        Assert.Contains(overview.Node, names);
        Assert.Equal(names, nodes.Select(static node => node.Name).Order(StringComparer.Ordinal));
        Assert.All(nodes, static node => Assert.True(node.IsRunning && node.MemoryUsed > 0 && node.MemoryLimit > 0 && node.DiskFree > 0 && node.UptimeMilliseconds > 0 && node.FileDescriptorsTotal > 0, node.ToString()));
        Assert.All(nodes, static node => Assert.Contains("rabbitmq_shovel_management", node.EnabledPlugins));
        Assert.Equal(names, status.RunningNodes.Order(StringComparer.Ordinal));
        Assert.Equal((overview.ClusterName, overview.RabbitVersion, overview.ErlangVersion), (status.Name, status.RabbitVersion, status.ErlangVersion));
        Assert.Empty(status.StoppedNodes);
        Assert.Empty(status.Partitions);
        Assert.Empty(status.Alarms);
        Assert.Equal("guest", user.Name);
        Assert.Equal(["administrator"], user.Tags);
    }

    [Fact]
    [Calls(nameof(IRabbitManagementClient.CheckNodeAsync), nameof(IRabbitManagementClient.GetClusterStatusAsync))]
    public async Task Health_checks_and_alarms_follow_the_node()
    {
        using RabbitManagementClient client = fixture.NewClient();
        IRabbitNode node = fixture.Cluster.Nodes[0];
        string address = fixture.AddressOf(node);

        // With two nodes each quorum queue needs both, so that one which another test has left makes each node critical.
        await fixture.DeleteQuorumQueuesOfTestsAsync();
        NodeHealthCheck[] passing =
        [
            NodeHealthCheck.Alarms, NodeHealthCheck.LocalAlarms, NodeHealthCheck.VirtualHosts, NodeHealthCheck.QuorumMajority,
            NodeHealthCheck.PortListener(node.Address.Port), NodeHealthCheck.ProtocolListener("amqp"), NodeHealthCheck.CertificateExpiration(1),
            .. fixture.HasMirroring ? [NodeHealthCheck.MirrorSynchronisation] : Array.Empty<NodeHealthCheck>(),
        ];
        foreach (NodeHealthCheck check in passing)
        {
            NodeHealthResult result = await ManagementFixture.EventuallyAsync(() => client.CheckNodeAsync(check, address), static result => result.IsHealthy, check.ToString());
            Assert.Equal(address, result.Address);
        }

        await using (RabbitClient rabbit = fixture.NewRabbitClient(await fixture.NewVirtualHostAsync()))
        {
            await rabbit.DeclareAsync(new TopologyBuilder().QuorumQueue("needs both nodes").Build());
            NodeHealthResult critical = await ManagementFixture.EventuallyAsync(() => client.CheckNodeAsync(NodeHealthCheck.QuorumMajority, address), static result => !result.IsHealthy, "a quorum queue of two nodes does not need both");
            Assert.NotNull(critical.Reason);
        }

        Assert.False((await client.CheckNodeAsync(NodeHealthCheck.PortListener(1))).IsHealthy);
        await node.RunCtlAsync("set_vm_memory_high_watermark", "0.0001");
        try
        {
            NodeHealthResult alarmed = await ManagementFixture.EventuallyAsync(() => client.CheckNodeAsync(NodeHealthCheck.LocalAlarms, address), static result => !result.IsHealthy, "no local alarm");
            ClusterStatus status = await ManagementFixture.EventuallyAsync(() => client.GetClusterStatusAsync(), static seen => seen.Alarms.Count > 0, "no alarm in the status");
            Assert.NotNull(alarmed.Reason);
            Assert.True((await client.CheckNodeAsync(NodeHealthCheck.LocalAlarms, fixture.AddressOf(fixture.Cluster.Nodes[1]))).IsHealthy);
            Assert.Equal([$"memory on {node.Name}"], status.Alarms);
            Assert.Contains("memory", (await StatusOfCtlAsync()).GetProperty("alarms").GetRawText(), StringComparison.Ordinal);
        }
        finally
        {
            await node.ClearMemoryAlarmAsync();
            await ManagementFixture.EventuallyAsync(() => client.GetClusterStatusAsync(), static seen => seen.Alarms.Count == 0, "the alarm goes on");
        }
    }

    [Fact]
    [Calls(nameof(IRabbitManagementClient.ListConnectionsAsync))]
    public async Task Connections_are_those_of_rabbitmqctl()
    {
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient();
        await using RabbitClient rabbit = fixture.NewRabbitClient(virtualHost);
        await rabbit.ConnectAsync();

        IReadOnlyList<ClientConnectionInfo> found = await ManagementFixture.EventuallyAsync(
            async () => (IReadOnlyList<ClientConnectionInfo>)[.. (await client.ListConnectionsAsync()).Where(connection => string.Equals(connection.VirtualHost, virtualHost, StringComparison.Ordinal))],
            static list => list.Count == 3,
            "not three connections");

        IReadOnlyList<JsonElement> told = await fixture.ListAsync("list_connections", "vhost", "name", "user", "peer_port");
        string[] expected = [.. told.Where(row => row.GetProperty("vhost").ValueEquals(virtualHost)).Select(static row => $"{row.GetProperty("name").GetString()} {row.GetProperty("user").GetString()} {row.GetProperty("peer_port").GetInt32()}").Order(StringComparer.Ordinal)];
        Assert.Equal(expected, found.Select(static connection => FormattableString.Invariant($"{connection.Name} {connection.User} {connection.PeerPort}")).Order(StringComparer.Ordinal));
        Assert.Equal([":consume", ":publish-1", ":publish-2"], found.Select(static connection => connection.ClientName![connection.ClientName!.LastIndexOf(':')..]).Order(StringComparer.Ordinal));
        Assert.All(found, connection => Assert.Contains(connection.Node, fixture.Cluster.Nodes.Select(static node => node.Name)));
    }

    [Fact]
    [Calls(nameof(IRabbitManagementClient.ExportDefinitionsAsync), nameof(IRabbitManagementClient.ImportDefinitionsAsync))]
    public async Task Definitions_go_out_and_come_in_again()
    {
        string virtualHost = await fixture.NewVirtualHostAsync();
        string other = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);
        await using (RabbitClient rabbit = fixture.NewRabbitClient(virtualHost))
        {
            await rabbit.DeclareAsync(new TopologyBuilder().Exchange("shop", "topic").QuorumQueue("orders").Bind("orders", "shop", "order.#").Build());
        }

        ReadOnlyMemory<byte> definitions = await client.ExportDefinitionsAsync(virtualHost);
        await client.ImportDefinitionsAsync(definitions, other);
        ReadOnlyMemory<byte> all = await client.ExportDefinitionsAsync();
        await client.ImportDefinitionsAsync(all);

        Assert.Equal(["orders"], (await fixture.ListAsync("list_queues", "-p", other, "name")).Select(static row => row.GetProperty("name").GetString()));
        Assert.Contains(await fixture.ListAsync("list_bindings", "-p", other, "source_name", "routing_key"), static row => row.GetProperty("source_name").GetString() is "shop" && row.GetProperty("routing_key").GetString() is "order.#");
        Assert.Contains($"\"name\":\"{other}\"", Encoding.UTF8.GetString(all.Span), StringComparison.Ordinal);
        Assert.Contains("\"users\":", Encoding.UTF8.GetString(all.Span), StringComparison.Ordinal);
        ManagementException refused = await Assert.ThrowsAsync<ManagementException>(() => client.ImportDefinitionsAsync("{\"queues\":[{}]}"u8.ToArray(), other));
        Assert.True(refused.Failure is ManagementFailure.BadRequest or ManagementFailure.ServerError, refused.Message);
    }

    private async Task<JsonElement> StatusOfCtlAsync()
    {
        using JsonDocument document = JsonDocument.Parse(await fixture.Cluster.Nodes[0].RunCtlAsync("-q", "--formatter", "json", "cluster_status"));
        return document.RootElement.Clone();
    }
}

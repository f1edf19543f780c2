using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.OpenStackTests.Harness;
using Xunit;

namespace ResilientRabbit.OpenStackTests;

/// <summary>What the keys of addresses, login, heartbeat and pools do to the connections that the broker sees.</summary>
[Collection(ClusterGroup.Name)]
public sealed class ConnectionEffectTests(OpenStackCluster group)
{
    private const string Rabbit = "[oslo_messaging_rabbit]\n";

    private string Nodes(string credentials) => string.Join(',', group.Cluster.Nodes.Select(node => string.Create(CultureInfo.InvariantCulture, $"{credentials}127.0.0.1:{node.Address.Port}")));

    [Fact, EffectOf("[DEFAULT] transport_url")]
    public async Task A_transport_url_decides_hosts_user_and_virtual_host()
    {
        await group.Cluster.CreateVirtualHostAsync("open/stack");
        await group.Cluster.Nodes[0].RunCtlAsync("add_user", "no va", "p@ss:w/rd%#é");
        await group.Cluster.Nodes[0].RunCtlAsync("set_permissions", "-p", "open/stack", "no va", ".*", ".*", ".*");
        await using OsloClient client = await new OsloClient($"[DEFAULT]\ntransport_url = rabbit://{Nodes("no%20va:p%40ss:w%2Frd%25%23%C3%A9@")}/open%2Fstack\n").ConnectAsync();

        IReadOnlyList<JsonElement> connections = await group.ConnectionsOfAsync(client.Name);

        Assert.Equal(3, connections.Count);
        Assert.All(connections, static connection => Assert.Equal(("no va", "open/stack", "PLAIN"), (Text(connection, "user"), Text(connection, "vhost"), Text(connection, "auth_mechanism"))));
        Assert.Equal(3, connections.Select(static connection => connection.GetProperty("port").GetInt32()).Distinct().Count());
    }

    [Fact, EffectOf("[DEFAULT] transport_url")]
    public async Task Each_host_of_a_transport_url_has_its_own_credentials()
    {
        await group.Cluster.Nodes[0].RunCtlAsync("add_user", "second", "other");
        await group.Cluster.Nodes[0].RunCtlAsync("set_permissions", "second", ".*", ".*", ".*");
        int first = group.Cluster.Nodes[0].Address.Port;
        int second = group.Cluster.Nodes[1].Address.Port;
        string url = string.Create(CultureInfo.InvariantCulture, $"rabbit://guest:guest@127.0.0.1:{first},second:other@127.0.0.1:{second}//");
        await using OsloClient client = await new OsloClient($"[DEFAULT]\ntransport_url = {url}\n").ConnectAsync();

        IReadOnlyList<JsonElement> connections = await group.ConnectionsOfAsync(client.Name);

        Assert.All(connections, connection => Assert.Equal(connection.GetProperty("port").GetInt32() == first ? "guest" : "second", Text(connection, "user")));
        Assert.Equal(2, connections.Select(static connection => Text(connection, "user")).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] rabbit_host", "[oslo_messaging_rabbit] rabbit_port", "[oslo_messaging_rabbit] rabbit_hosts", "[oslo_messaging_rabbit] rabbit_userid", "[oslo_messaging_rabbit] rabbit_password", "[oslo_messaging_rabbit] rabbit_virtual_host")]
    public async Task The_removed_keys_of_the_default_section_connect()
    {
        await group.Cluster.CreateVirtualHostAsync("old");
        await group.Cluster.Nodes[0].RunCtlAsync("add_user", "old", "secret");
        await group.Cluster.Nodes[0].RunCtlAsync("set_permissions", "-p", "old", "old", ".*", ".*", ".*");
        await using OsloClient list = await new OsloClient(
            $"[DEFAULT]\nrabbit_host = nowhere.invalid\nrabbit_hosts = {Nodes("")}\nrabbit_userid = old\nrabbit_password = secret\nrabbit_virtual_host = old\n").ConnectAsync();
        await using OsloClient single = await new OsloClient("[DEFAULT]\nrabbit_host = 127.0.0.1\nrabbit_port = 5670\n").ConnectAsync();

        IReadOnlyList<JsonElement> connections = await group.ConnectionsOfAsync(list.Name);

        Assert.Equal(3, connections.Count);
        Assert.All(connections, static connection => Assert.Equal(("old", "old"), (Text(connection, "user"), Text(connection, "vhost"))));
        Assert.All(single.Client.Status.Connections, static connection => Assert.Equal("127.0.0.1:5670", connection.Endpoint));
        Assert.NotEmpty(list.Configuration.Report.Notices);
    }

    [Fact, EffectOf("[oslo_messaging_notifications] transport_url")]
    public async Task The_url_of_the_notifications_is_a_bus_of_its_own()
    {
        await group.Cluster.CreateVirtualHostAsync("notify");
        string text = $"[DEFAULT]\ntransport_url = rabbit://{Nodes("")}//\n[oslo_messaging_notifications]\ntransport_url = rabbit://{Nodes("")}/notify\n";
        await using OsloClient notifications = await new OsloClient(text, forNotifications: true).ConnectAsync();
        await using OsloClient services = await new OsloClient(text).ConnectAsync();

        Assert.All(await group.ConnectionsOfAsync(notifications.Name), static connection => Assert.Equal("notify", Text(connection, "vhost")));
        Assert.All(await group.ConnectionsOfAsync(services.Name), static connection => Assert.Equal("/", Text(connection, "vhost")));
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] heartbeat_timeout_threshold", "[oslo_messaging_rabbit] rabbit_login_method", "[oslo_messaging_rabbit] rpc_conn_pool_size", "[oslo_messaging_rabbit] conn_pool_min_size")]
    public async Task Heartbeat_pools_and_login_reach_the_broker()
    {
        string text = $"[DEFAULT]\ntransport_url = rabbit://{Nodes("")}//?heartbeat_timeout_threshold=7\n{Rabbit}heartbeat_timeout_threshold = 9\nrabbit_login_method = AMQPLAIN\nrpc_conn_pool_size = 6\nconn_pool_min_size = 3\n";
        await using OsloClient client = await new OsloClient(text).ConnectAsync();
        await client.Client.DeclareAsync(new TopologyBuilder().Queue(client.Name).Build());
        for (int key = 0; key < 64; key++)
        {
            await client.Client.Publisher.PublishAsync(new OutboundMessage { Exchange = "", RoutingKey = client.Name, Body = "x"u8.ToArray(), OrderingKey = key.ToString(CultureInfo.InvariantCulture) });
        }

        IReadOnlyList<JsonElement> connections = await group.ConnectionsOfAsync(client.Name);

        Assert.Equal(4, connections.Count);
        Assert.All(connections, static connection => Assert.Equal((7, "PLAIN"), (connection.GetProperty("timeout").GetInt32(), Text(connection, "auth_mechanism"))));
        JsonElement[] publishing = [.. connections.Where(static connection => connection.GetProperty("client_properties").ToString().Contains(":publish-", StringComparison.Ordinal))];
        Assert.Equal((3, 6), (publishing.Length, publishing.Sum(static connection => connection.GetProperty("channels").GetInt32())));
        await group.Cluster.DeleteQueueAsync(client.Name);
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] heartbeat_timeout_threshold")]
    public async Task The_heartbeat_sets_TCP_USER_TIMEOUT()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "TCP_USER_TIMEOUT is Linux'.");
        await using var client = new OsloClient(Rabbit + "heartbeat_timeout_threshold = 7\n");
        var transport = new TransportClient(AddressFamily.InterNetwork, ClientSettings.From(client.Options).Heartbeat, TimeProvider.System);

        await transport.ConnectAsync(System.Net.IPAddress.Loopback, group.Cluster.Nodes[0].Address.Port);

        byte[] value = new byte[4];
        transport.Client.GetRawSocketOption(6, 18, value);
        Assert.Equal(7000, BitConverter.ToInt32(value));
        transport.Abort();
    }

    private static string Text(JsonElement row, string key) => row.GetProperty(key).ToString();
}

using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ResilientRabbit.OpenStackTests.Harness;
using Xunit;

namespace ResilientRabbit.OpenStackTests;

/// <summary>A valid change of the configuration is taken over by new connections; an invalid one is reported once and changes nothing.</summary>
[Collection(ClusterGroup.Name)]
public sealed class ReloadTests(OpenStackCluster group)
{
    private const int ReloadRefused = 6002;

    [Fact]
    public async Task A_changed_section_moves_the_attempts_and_a_bad_one_does_not()
    {
        using var before = new ClosingListener(1);
        using var after = new ClosingListener(1);
        IConfigurationRoot root = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Rabbit:Endpoints", (string?)Address(before)), KeyValuePair.Create("Rabbit:ReconnectMaxDelay", (string?)"00:00:00.2000000")]).Build();
        using var logs = new LogCapture();
        await using ServiceProvider services = new ServiceCollection()
            .AddLogging(builder => builder.AddProvider(logs)).AddResilientRabbit(root.GetSection("Rabbit")).Services.BuildServiceProvider();
        var client = services.GetRequiredService<IRabbitClient>();
        using var stop = new CancellationTokenSource();
        Task connecting = client.ConnectAsync(stop.Token);
        await before.WaitForAsync(1);

        Change(root, "a b");
        Change(root, "a b");
        await before.WaitForAsync(2);
        Assert.Single(logs.Events, static one => one.Id == ReloadRefused);

        Change(root, Address(after));
        await after.WaitForAsync(2);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }

    [Fact]
    public async Task A_rotated_password_in_a_file_is_taken_over_without_loss()
    {
        await group.Cluster.Nodes[0].RunCtlAsync("add_user", "rotated", "first");
        await group.Cluster.Nodes[0].RunCtlAsync("set_permissions", "rotated", ".*", ".*", ".*");
        using var folder = new TempFolder();
        string file = Write(folder, "first");
        using var logs = new LogCapture();
        await using ServiceProvider services = new ServiceCollection().AddLogging(builder => builder.AddProvider(logs))
            .AddResilientRabbitFromOslo(new OsloConfigurationSource(file) { ReloadInterval = TimeSpan.FromMilliseconds(100), UseEnvironment = false }).Services.BuildServiceProvider();
        var client = services.GetRequiredService<IRabbitClient>();
        await client.ConnectAsync().WaitAsync(OsloClient.Limit);
        string queue = "rotated-" + Guid.NewGuid().ToString("N");
        await client.DeclareAsync(new TopologyBuilder().Queue(queue).Build());
        await client.Publisher.PublishAsync("", queue, "before"u8.ToArray());

        folder.Write("service.conf", "[DEFAULT]\ntransport_url = rabbit://rotated:x#y@127.0.0.1/\n");
        await WaitForAsync(logs, ReloadRefused);
        await client.Publisher.PublishAsync("", queue, "still"u8.ToArray());
        await group.Cluster.Nodes[0].RunCtlAsync("change_password", "rotated", "second");
        Write(folder, "second");
        await WaitForAsync(logs, 1014);
        await Task.WhenAll(group.Cluster.Nodes.Select(static node => node.CloseAllConnectionsAsync("rotation")));
        await client.Publisher.PublishAsync("", queue, "after"u8.ToArray()).AsTask().WaitAsync(OsloClient.Limit);

        Assert.Equal(3, await group.Cluster.GetMessageCountAsync(queue));
        Assert.Single(logs.Events, static one => one.Id == ReloadRefused);
        await group.Cluster.DeleteQueueAsync(queue);
    }

    private static string Write(TempFolder folder, string password)
        => folder.Write("service.conf", $"[DEFAULT]\ntransport_url = rabbit://rotated:{password}@127.0.0.1:{OpenStackCluster.ProxyPort}//\n");

    private static string Address(ClosingListener listener) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{listener.Ports[0]}");

    private static void Change(IConfigurationRoot root, string endpoints)
    {
        root["Rabbit:Endpoints"] = endpoints;
        root.Reload();
    }

    private static async Task WaitForAsync(LogCapture logs, int id)
    {
        using var deadline = new CancellationTokenSource(OsloClient.Limit);
        while (!logs.Events.Any(one => one.Id == id))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
        }
    }
}

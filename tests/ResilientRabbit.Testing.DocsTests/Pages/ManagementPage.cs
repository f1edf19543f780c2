using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.Testing.DocsTests.Pages;

/// <summary>The code of docs/management.md and of the package's README. It runs against real nodes elsewhere (the cluster tests); here it compiles, and registers.</summary>
public sealed class ManagementPage
{
    [Fact]
    public void In_a_host()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();

        builder.Services
            .AddResilientRabbit(options => options.Endpoints.Add("node-01"))
            .AddManagement();
        builder.Services.AddHealthChecks().AddResilientRabbitManagement(configure: health => health.QueuesWithConsumers.Add("orders"));

        using IHost host = builder.Build();
        Assert.Equal("http://node-01:15672", host.Services.GetRequiredService<IRabbitManagementClient>().ToString());
    }

    [Fact]
    public void From_a_section()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new("RabbitManagement:Addresses:0", "http://node-01:15672"), new("ResilientRabbit:Endpoints:0", "node-01")]);

        builder.Services
            .AddResilientRabbit(builder.Configuration.GetSection("ResilientRabbit"))
            .AddManagement(builder.Configuration.GetSection("RabbitManagement"));

        using IHost host = builder.Build();
        Assert.Equal("http://node-01:15672", host.Services.GetRequiredService<IRabbitManagementClient>().ToString());
    }

    [Fact]
    public void Following_leaders()
    {
        ServiceCollection services = new();

        services.AddResilientRabbit(options =>
            {
                options.Endpoints.Add("node-01");
                options.Endpoints.Add("node-02");
                options.Endpoints.Add("node-03");
                options.Publisher.Connections = 3;
            })
            .AddManagement()
            .FollowQueueLeaders();

        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.NotNull(provider.GetRequiredService<IOptions<ResilientRabbitOptions>>().Value.QueueLeaderResolver);
    }

    internal static async Task OperateAsync(string password, string appPassword)
    {
        using var management = new RabbitManagementClient(new ManagementOptions
        {
            Addresses = { "http://node-01:15672", "http://node-02:15672" },
            UserName = "operator",
            Password = password,
        });

        ClusterStatus status = await management.GetClusterStatusAsync();
        Console.WriteLine($"{status.Name}, RabbitMQ {status.RabbitVersion}: {string.Join(", ", status.RunningNodes)} run");

        await management.CreateVirtualHostAsync("shop");
        await management.SetUserAsync("app", appPassword, ["monitoring"]);
        await management.SetPermissionsAsync("app", configure: ".*", write: ".*", read: ".*", virtualHost: "shop");
    }

    internal static async Task ConnectSitesAsync(IRabbitManagementClient management)
    {
        await management.SetFederationUpstreamAsync(new FederationUpstream { Name = "beijing", Uris = ["amqp://link:secret@bj-01", "amqp://link:secret@bj-02"] });
        await management.SetPolicyAsync(new PolicySpec
        {
            Name = "from-beijing",
            Pattern = "^shop$",
            ApplyTo = PolicyScope.Exchanges,
            Definition = new Dictionary<string, object?> { ["federation-upstream"] = "beijing" },
        });

        await management.SetShovelAsync(new Shovel
        {
            Name = "to-beijing",
            SourceUris = ["amqp://"],
            SourceQueue = "outgoing",
            DestinationUris = ["amqp://link:secret@bj-01", "amqp://link:secret@bj-02"],
            DestinationQueue = "incoming",
        });
    }

    internal static async Task DeclareAsync(IRabbitManagementClient management, IRabbitClient client, ILogger logger)
    {
        ReplicatedTopology topology = new ReplicatedTopologyBuilder()
            .Topology(plain => plain.Exchange("shop", "topic").Bind("orders", "shop", "order.*"))
            .ReplicatedQueue("orders")
            .Build();

        ResolvedTopology declared = await management.ApplyAsync(client, topology);
        logger.LogInformation("{Declared}", declared);

        DriftReport drift = await management.FindDriftAsync(topology);
        if (!drift.IsInSync)
        {
            logger.LogWarning("{Drift}", drift);
        }
    }
}

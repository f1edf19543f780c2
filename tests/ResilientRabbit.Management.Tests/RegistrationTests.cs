using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

public sealed class RegistrationTests
{
    private const string Overview = """{"cluster_name":"c"}""";

    [Fact]
    public async Task The_client_is_a_singleton_and_registering_twice_adds()
    {
        await using var peer = new HttpPeer(static _ => Reply(Overview));
        await using ServiceProvider provider = new ServiceCollection()
            .AddResilientRabbitManagement(options => options.Addresses.Add(peer.Address))
            .AddResilientRabbitManagement(static options => options.UserName = "u")
            .BuildServiceProvider();

        IRabbitManagementClient client = provider.GetRequiredService<IRabbitManagementClient>();
        await client.GetOverviewAsync();

        Assert.Same(client, provider.GetRequiredService<IRabbitManagementClient>());
        Assert.Equal("Basic " + Convert.ToBase64String("u:guest"u8), Assert.Single(peer.Seen).Headers["Authorization"]);
    }

    [Fact]
    public async Task Named_clients_have_options_of_their_own()
    {
        await using ServiceProvider provider = new ServiceCollection()
            .AddResilientRabbitManagement("beijing", static options => options.Addresses.Add("beijing"))
            .AddResilientRabbitManagement("shenzhen", static options => options.Addresses.Add("https://shenzhen:443/rabbit"))
            .BuildServiceProvider();

        Assert.Equal("http://beijing:15672", provider.GetRequiredKeyedService<IRabbitManagementClient>("beijing").ToString());
        Assert.Equal("https://shenzhen:443/rabbit", provider.GetRequiredKeyedService<IRabbitManagementClient>("shenzhen").ToString());
        Assert.Null(provider.GetService<IRabbitManagementClient>());
    }

    [Fact]
    public void Wrong_options_are_refused()
    {
        using ServiceProvider provider = new ServiceCollection().AddResilientRabbitManagement(static options => options.MaxAttempts = 0).BuildServiceProvider();

        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(provider.GetRequiredService<IRabbitManagementClient>);

        Assert.Contains("MaxAttempts", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Beside_a_client_of_the_SDK_its_options_are_taken_over()
    {
        await using ServiceProvider provider = new ServiceCollection()
            .AddResilientRabbit("far", static options =>
            {
                options.Endpoints.Add("node-01:5671, node-02:5671");
                options.Endpoints.Clear();
                options.Endpoints.Add("node-01:5671");
                options.Endpoints.Add("[::1]:5671");
                options.UserName = "app";
                options.Password = "secret";
                options.VirtualHost = "v";
                options.Tls.Enabled = true;
                options.Tls.ServerName = "rabbit";
            })
            .AddManagement(static options => options.UserName = "operator")
            .Services.BuildServiceProvider();

        ManagementOptions options = provider.GetRequiredService<IOptionsMonitor<ManagementOptions>>().Get("far");

        Assert.Equal(["https://node-01", "https://[::1]"], options.Addresses);
        Assert.Equal(("operator", "secret", "v", "rabbit", true), (options.UserName, options.Password, options.VirtualHost, options.Tls.ServerName, options.Tls.Enabled));
        Assert.Equal("https://node-01:15671, https://[::1]:15671", provider.GetRequiredKeyedService<IRabbitManagementClient>("far").ToString());
        Assert.IsType<ManagementNodeNameResolver>(provider.GetRequiredService<IOptionsMonitor<ResilientRabbitOptions>>().Get("far").NodeNameResolver);
    }

    [Fact]
    public void Addresses_of_ones_own_are_not_mixed_with_those_of_the_client()
    {
        using ServiceProvider provider = new ServiceCollection().AddResilientRabbit().AddManagement(static options => options.Addresses.Add("http://api:80")).Services.BuildServiceProvider();

        Assert.Equal("http://api:80", provider.GetRequiredService<IRabbitManagementClient>().ToString());
    }
}

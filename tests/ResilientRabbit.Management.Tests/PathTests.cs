using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

/// <summary>A name never becomes another path: what is deleted is what was named.</summary>
public sealed class PathTests
{
    [Theory]
    [InlineData("/", "q", "/api/queues/%2F/q")]
    [InlineData("a/b", "../x", "/api/queues/a%2Fb/..%2Fx")]
    [InlineData("v?x=1", "q#f", "/api/queues/v%3Fx%3D1/q%23f")]
    [InlineData("%2F", "100%", "/api/queues/%252F/100%25")]
    [InlineData("v", "a b+c\\d", "/api/queues/v/a%20b%2Bc%5Cd")]
    [InlineData("v", "日本", "/api/queues/v/%E6%97%A5%E6%9C%AC")]
    [InlineData("v", "...", "/api/queues/v/...")]
    public async Task Names_are_escaped(string virtualHost, string queue, string target)
    {
        await using var peer = new HttpPeer(static _ => Empty(204));
        using RabbitManagementClient client = peer.NewClient();

        await client.DeleteQueueAsync(queue, virtualHost: virtualHost);

        Assert.Equal(target, Assert.Single(peer.Seen).Target);
    }

    // 'DELETE /api/queues/v/..' is 'DELETE /api/queues' for every server.
    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("")]
    public async Task Names_that_would_vanish_from_the_path_are_refused(string name)
    {
        await using var peer = new HttpPeer(static _ => Empty(204));
        using RabbitManagementClient client = peer.NewClient();

        await Assert.ThrowsAnyAsync<ArgumentException>(() => client.DeleteQueueAsync(name));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => client.DeleteQueueAsync("q", virtualHost: name));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => client.DeleteVirtualHostAsync(name));

        Assert.Empty(peer.Seen);
    }

    [Fact]
    public async Task The_prefix_of_an_address_comes_first()
    {
        await using var peer = new HttpPeer(static _ => Empty(204));
        using var client = new RabbitManagementClient(new ManagementOptions { Addresses = { peer.Address + "/rabbit/" } });

        await client.DeleteUserAsync("u");

        Assert.Equal("/rabbit/api/users/u", Assert.Single(peer.Seen).Target);
    }

    [Fact]
    public async Task A_binding_is_addressed_by_the_brokers_own_key()
    {
        await using var peer = new HttpPeer(static _ => Empty(204));
        using RabbitManagementClient client = peer.NewClient();

        await client.DeleteBindingAsync(new BindingInfo { Source = "x", VirtualHost = "/", Destination = "q", DestinationType = "queue", PropertiesKey = "a+%7E%25%2F.%23" });

        Assert.Equal("/api/bindings/%2F/e/x/q/q/a%2B%257E%2525%252F.%2523", Assert.Single(peer.Seen).Target);
        await Assert.ThrowsAsync<ArgumentException>(() => client.DeleteBindingAsync(new BindingInfo { VirtualHost = "/", Destination = "q", PropertiesKey = "q" }));
    }
}

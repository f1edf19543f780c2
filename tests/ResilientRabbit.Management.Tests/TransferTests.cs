using System.Text.Json;
using ResilientRabbit.Management.Tests.Harness;
using Xunit;

namespace ResilientRabbit.Management.Tests;

/// <summary>What is sent for shovels and upstreams.</summary>
public sealed class TransferTests
{
    [Theory]
    [InlineData(0.2, 1)]
    [InlineData(1, 1)]
    [InlineData(1.5, 2)]
    [InlineData(0, 0)]
    public async Task A_delay_below_a_second_does_not_become_zero_with_which_a_shovel_never_connects_again(double delay, long sent)
    {
        await using var peer = new HttpPeer(static _ => HttpPeer.Empty(204));
        using RabbitManagementClient client = peer.NewClient();

        await client.SetShovelAsync(new Shovel { Name = "s", SourceUris = ["amqp://"], DestinationUris = ["amqp://"], ReconnectDelay = TimeSpan.FromSeconds(delay) });
        await client.SetFederationUpstreamAsync(new FederationUpstream { Name = "u", Uris = ["amqp://"], ReconnectDelay = TimeSpan.FromSeconds(delay) });

        Assert.All(peer.Seen, seen =>
        {
            using JsonDocument body = JsonDocument.Parse(seen.Body);
            Assert.Equal(sent, body.RootElement.GetProperty("value").GetProperty("reconnect-delay").GetInt64());
        });
    }

    [Fact]
    public async Task A_time_to_live_below_a_millisecond_does_not_become_zero_with_which_messages_end_at_once()
    {
        await using var peer = new HttpPeer(static _ => HttpPeer.Empty(204));
        using RabbitManagementClient client = peer.NewClient();

        await client.SetFederationUpstreamAsync(new FederationUpstream { Name = "u", Uris = ["amqp://"], MessageTtl = TimeSpan.FromTicks(1), Expires = TimeSpan.FromTicks(1) });

        using JsonDocument body = JsonDocument.Parse(Assert.Single(peer.Seen).Body);
        JsonElement value = body.RootElement.GetProperty("value");
        Assert.Equal((1, 1), (value.GetProperty("message-ttl").GetInt64(), value.GetProperty("expires").GetInt64()));
    }

    [Fact]
    public async Task A_time_below_zero_is_refused_before_anything_is_sent()
    {
        await using var peer = new HttpPeer(static _ => HttpPeer.Empty(204));
        using RabbitManagementClient client = peer.NewClient();
        TimeSpan negative = TimeSpan.FromSeconds(-1);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.SetShovelAsync(new Shovel { Name = "s", SourceUris = ["amqp://"], DestinationUris = ["amqp://"], ReconnectDelay = negative }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.SetFederationUpstreamAsync(new FederationUpstream { Name = "u", Uris = ["amqp://"], MessageTtl = negative }));

        Assert.Empty(peer.Seen);
    }
}

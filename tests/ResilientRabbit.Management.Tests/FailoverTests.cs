using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

/// <summary>Several addresses, and what may be sent twice.</summary>
public sealed class FailoverTests
{
    private const string Overview = """{"cluster_name":"c","rabbitmq_version":"3.10.8","erlang_version":"25","node":"rabbit@a"}""";

    [Fact]
    public async Task The_next_address_answers_when_the_first_is_gone_and_is_asked_first_from_then_on()
    {
        var dead = new HttpPeer(static _ => Empty(204));
        string gone = dead.Address;
        await dead.DisposeAsync();
        await using var alive = new HttpPeer(static _ => Reply(Overview));
        using var client = new RabbitManagementClient(new ManagementOptions { Addresses = { gone, alive.Address }, MaxAttempts = 1 });

        ManagementOverview overview = await client.GetOverviewAsync();
        ManagementException failure = await Failing.WithAsync(ManagementFailure.Unreachable, () => new RabbitManagementClient(new ManagementOptions { Addresses = { gone }, MaxAttempts = 1 }).GetOverviewAsync());

        Assert.Equal(("c", "3.10.8", "25", "rabbit@a"), (overview.ClusterName, overview.RabbitVersion, overview.ErlangVersion, overview.Node));
        Assert.Equal(1, failure.Attempts);
    }

    [Fact]
    public async Task The_address_that_answered_last_is_asked_first()
    {
        await using var limping = new HttpPeer(static _ => Empty(503));
        await using var alive = new HttpPeer(static _ => Reply(Overview));
        using var client = new RabbitManagementClient(new ManagementOptions { Addresses = { limping.Address, alive.Address } });

        await client.GetOverviewAsync();
        await client.GetOverviewAsync();
        await client.GetOverviewAsync();

        Assert.Single(limping.Seen);
        Assert.Equal(3, alive.Seen.Count);
    }

    [Fact]
    public async Task A_put_is_repeated_when_its_answer_was_lost()
    {
        int requests = 0;
        await using var peer = new HttpPeer((_, stream, end) => ++requests == 1 ? throw new IOException("lost") : stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(Empty(201)), end).AsTask());
        using RabbitManagementClient client = peer.NewClient();

        await client.SetPolicyAsync(new PolicySpec { Name = "p", Pattern = "^q", Definition = new Dictionary<string, object?> { ["max-length"] = 10 } });

        Assert.Equal(2, peer.Seen.Count);
        Assert.All(peer.Seen, static request => Assert.Equal("""{"pattern":"^q","apply-to":"all","priority":0,"definition":{"max-length":10}}""", request.Body));
    }

    [Fact]
    public async Task An_import_is_not_repeated_when_its_answer_was_lost()
    {
        await using var peer = new HttpPeer(static (_, _, _) => throw new IOException("lost"));
        await using var other = new HttpPeer(static _ => Empty(204));
        using var client = new RabbitManagementClient(new ManagementOptions { Addresses = { peer.Address, other.Address } });

        ManagementException failure = await Failing.WithAsync(ManagementFailure.ConnectionLost, () => client.ImportDefinitionsAsync("{}"u8.ToArray()));

        Assert.Single(peer.Seen);
        Assert.Empty(other.Seen);
        Assert.Equal(1, failure.Attempts);
    }

    [Fact]
    public async Task An_import_goes_to_the_next_address_when_nothing_of_it_was_sent()
    {
        var dead = new HttpPeer(static _ => Empty(204));
        string gone = dead.Address;
        await dead.DisposeAsync();
        await using var other = new HttpPeer(static _ => Empty(204));
        using var client = new RabbitManagementClient(new ManagementOptions { Addresses = { gone, other.Address } });

        await client.ImportDefinitionsAsync("{}"u8.ToArray());

        Assert.Equal("POST /api/definitions", Assert.Single(other.Seen).ToString());
    }

    [Fact]
    public async Task A_delete_whose_answer_was_lost_has_succeeded_when_the_object_is_gone()
    {
        int requests = 0;
        await using var peer = new HttpPeer((_, stream, end) => ++requests == 1
            ? throw new IOException("lost")
            : stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(Reply("""{"error":"Object Not Found","reason":"Not Found"}""", 404)), end).AsTask());
        using RabbitManagementClient client = peer.NewClient();

        await client.DeleteQueueAsync("q", ifUnused: true, ifEmpty: true);
        await Failing.WithAsync(ManagementFailure.NotFound, () => client.DeleteQueueAsync("q"));

        Assert.Equal("/api/queues/%2F/q?if-unused=true&if-empty=true", peer.Seen.First().Target);
        Assert.Equal(3, peer.Seen.Count);
    }

    [Fact]
    public async Task A_health_check_of_a_node_asks_that_node_only()
    {
        await using var first = new HttpPeer(static _ => Reply("""{"status":"ok"}"""));
        await using var second = new HttpPeer(static _ => Reply("""{"status":"ok"}"""));
        using var client = new RabbitManagementClient(new ManagementOptions { Addresses = { first.Address, second.Address } });

        NodeHealthResult result = await client.CheckNodeAsync(NodeHealthCheck.LocalAlarms, second.Address);

        Assert.Equal(new NodeHealthResult(second.Address, IsHealthy: true, Reason: null), result);
        Assert.Empty(first.Seen);
        await Assert.ThrowsAsync<ArgumentException>(() => client.CheckNodeAsync(NodeHealthCheck.LocalAlarms, "http://elsewhere:1"));
    }

    [Fact]
    public async Task A_disposed_client_says_so()
    {
        var client = new RabbitManagementClient(new ManagementOptions());
        client.Dispose();
        client.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetOverviewAsync());
    }
}

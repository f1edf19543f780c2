using ResilientRabbit.Clusters;
using ResilientRabbit.Management;
using Xunit;

namespace ResilientRabbit.ClusterTests.Management;

/// <summary>What goes wrong with a real broker: typed failures, in time, and no secret in any text.</summary>
[Collection(ManagementGroup.Name)]
public sealed class ManagementFailureTests(ManagementFixture fixture)
{
    private const string Secret = "zq9" + "CANARY" + "q9z";

    [Fact]
    public async Task A_wrong_password_is_unauthorized()
    {
        using RabbitManagementClient client = fixture.NewClient(configure: static options => options.Password = Secret);

        ManagementException failure = await Assert.ThrowsAsync<ManagementException>(() => client.GetOverviewAsync());

        Assert.Equal((ManagementFailure.Unauthorized, 401, fixture.HasMirroring ? "Login failed" : "Not_Authorized"), (failure.Failure, failure.StatusCode, failure.BrokerReason));
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_tag_or_permission_is_forbidden()
    {
        string virtualHost = await fixture.NewVirtualHostAsync();
        string user = "weak-" + Guid.NewGuid().ToString("N")[..6];
        using RabbitManagementClient administrator = fixture.NewClient(virtualHost);
        await administrator.SetUserAsync(user, Secret, ["management"]);
        using RabbitManagementClient weak = fixture.NewClient(virtualHost, options => (options.UserName, options.Password) = (user, Secret));
        Func<Task>[] calls =
        [
            () => weak.ListUsersAsync(), () => weak.ListNodesAsync(), () => weak.ListPoliciesAsync(), () => weak.GetQueueAsync("q"), () => weak.DeleteVirtualHostAsync(virtualHost), () => weak.ListShovelStatusAsync(),
        ];

        foreach (Func<Task> call in calls)
        {
            ManagementException failure = await Assert.ThrowsAsync<ManagementException>(call);
            Assert.True(failure.Failure == ManagementFailure.Forbidden, failure.Message);
            Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
        }

        await administrator.SetUserAsync(user, Secret);
        ManagementException untagged = await Assert.ThrowsAsync<ManagementException>(() => weak.GetOverviewAsync());
        Assert.Equal((ManagementFailure.Forbidden, "Not management user"), (untagged.Failure, untagged.BrokerReason));
        await administrator.DeleteUserAsync(user);
    }

    [Fact]
    public async Task With_a_node_down_the_other_answers_and_shows_it()
    {
        IRabbitNode victim = fixture.Cluster.Nodes[1];
        string other = fixture.Cluster.Nodes[0].Name;
        using RabbitManagementClient both = fixture.NewClient(configure: options =>
        {
            options.Addresses.Clear();
            options.Addresses.Add(fixture.AddressOf(victim));
            options.Addresses.Add(fixture.AddressOf(fixture.Cluster.Nodes[0]));
        });
        using var lone = new RabbitManagementClient(new ManagementOptions { Addresses = { fixture.AddressOf(victim) }, RetryDelay = TimeSpan.FromMilliseconds(10) });
        Assert.Equal(victim.Name, (await both.GetOverviewAsync()).Node);
        await victim.KillAsync();
        try
        {
            ClusterStatus status = await ManagementFixture.EventuallyAsync(() => both.GetClusterStatusAsync(), static seen => seen.RunningNodes.Count == 1, "the dead node is not seen");
            ManagementException failure = await Assert.ThrowsAsync<ManagementException>(() => lone.GetOverviewAsync());
            ManagementException check = await Assert.ThrowsAsync<ManagementException>(() => both.CheckNodeAsync(NodeHealthCheck.LocalAlarms, fixture.AddressOf(victim)));

            Assert.Equal([other], status.RunningNodes);
            Assert.Equal([victim.Name], status.StoppedNodes);
            Assert.Equal((ManagementFailure.Unreachable, 3, true), (failure.Failure, failure.Attempts, failure.IsTransient));
            Assert.Equal(ManagementFailure.Unreachable, check.Failure);
        }
        finally
        {
            await victim.StartAsync();
            await fixture.Cluster.WaitUntilHealthyAsync();
        }

        await ManagementFixture.EventuallyAsync(() => both.GetClusterStatusAsync(), static seen => seen.StoppedNodes.Count == 0, "the node that is back is not seen");
    }

    [Fact]
    public async Task The_port_of_AMQP_is_no_management_API()
    {
        using var client = new RabbitManagementClient(new ManagementOptions { Addresses = { $"http://{fixture.Cluster.Nodes[0].Address}" }, Password = Secret, MaxAttempts = 1 });

        ManagementException failure = await Assert.ThrowsAsync<ManagementException>(() => client.GetOverviewAsync());

        Assert.True(failure.Failure is ManagementFailure.Malformed or ManagementFailure.ConnectionLost, failure.Message);
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_broker_refuses_is_told_without_the_secret_in_it()
    {
        string virtualHost = await fixture.NewVirtualHostAsync();
        using RabbitManagementClient client = fixture.NewClient(virtualHost);
        var shovel = new Shovel { Name = "s", SourceUris = [$"no-uri://u:{Secret}@host"], DestinationUris = [$"amqp://u:{Secret}@host"], SourceQueue = "q" };

        ManagementException failure = await Assert.ThrowsAsync<ManagementException>(() => client.SetShovelAsync(shovel));

        Assert.Equal(ManagementFailure.BadRequest, failure.Failure);
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
    }
}

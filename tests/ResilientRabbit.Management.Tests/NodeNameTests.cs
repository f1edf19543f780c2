using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

public sealed class NodeNameTests
{
    private const string Connections = """
        [{"name":"a","node":"rabbit@1","peer_host":"10.0.0.1","peer_port":4000,"user_provided_name":"app:publish-1"},
         {"name":"b","node":"rabbit@2","peer_host":"10.0.0.1","peer_port":4001,"user_provided_name":"app:publish-1"},
         {"name":"c","node":"rabbit@3","peer_host":"::1","peer_port":4002},
         {"name":"h","node":"rabbit@1","peer_host":"10.0.0.1","peer_port":4004,"user_provided_name":"app:publish-2"},
         {"name":"i","node":"rabbit@2","peer_host":"10.0.0.1","peer_port":4004,"user_provided_name":"app:publish-1"},
         {"name":"j","node":"rabbit@1","peer_host":"10.0.0.1","peer_port":4005,"user_provided_name":"app:publish-1"},
         {"name":"k","node":"rabbit@2","peer_host":"10.0.0.1","peer_port":4005,"user_provided_name":"app:publish-1"},
         {"name":"d","node":"rabbit@1","peer_host":"10.0.0.9","peer_port":4003},{"name":"e","node":"rabbit@2","peer_host":"10.0.0.9","peer_port":4003},
         {"name":"f"},{"name":"g","peer_port":"undefined","peer_host":"undefined"}]
        """;

    [Theory]
    [InlineData("10.0.0.1:4000", "rabbit@1")]
    [InlineData("[::ffff:10.0.0.1]:4001", "rabbit@2")]
    [InlineData("[::1]:4002", "rabbit@3")]
    [InlineData("10.0.0.1:4009", null)]
    [InlineData("10.0.0.9:4003", null)]
    [InlineData("10.0.0.1:4004", "rabbit@2")]
    [InlineData("10.0.0.1:4005", null)]
    [InlineData("", null)]
    public async Task The_node_is_the_one_that_lists_this_end_and_never_a_guess(string localAddress, string? node)
    {
        await using var peer = new HttpPeer(static _ => Reply(Connections));
        using RabbitManagementClient client = peer.NewClient();
        var resolver = new ManagementNodeNameResolver(() => client, new HastyTime());

        string? found = await resolver.ResolveAsync(new NodeNameQuery("app:publish-1", "proxy:5672", localAddress, "c"), CancellationToken.None);

        Assert.Equal(node, found);
    }

    [Fact]
    public async Task A_connection_that_is_listed_late_is_looked_for_again()
    {
        int looks = 0;
        await using var peer = new HttpPeer(_ => Reply(++looks < 3 ? "[]" : Connections));
        using RabbitManagementClient client = peer.NewClient();

        Assert.Equal("rabbit@1", await new ManagementNodeNameResolver(() => client, new HastyTime()).ResolveAsync(new NodeNameQuery("n", "e", "10.0.0.1:4000", null), CancellationToken.None));
        Assert.Equal(3, looks);
    }

    [Fact]
    public async Task A_closed_connection_that_is_still_listed_at_another_node_is_waited_for()
    {
        int looks = 0;
        await using var peer = new HttpPeer(_ => Reply(++looks < 3
            ? """[{"node":"rabbit@1","peer_host":"10.0.0.1","peer_port":4000},{"node":"rabbit@2","peer_host":"10.0.0.1","peer_port":4000}]"""
            : """[{"node":"rabbit@2","peer_host":"10.0.0.1","peer_port":4000}]"""));
        using RabbitManagementClient client = peer.NewClient();

        Assert.Equal("rabbit@2", await new ManagementNodeNameResolver(() => client, new HastyTime()).ResolveAsync(new NodeNameQuery("n", "e", "10.0.0.1:4000", null), CancellationToken.None));
        Assert.Equal(3, looks);
    }

    // Pauses of no length.
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}

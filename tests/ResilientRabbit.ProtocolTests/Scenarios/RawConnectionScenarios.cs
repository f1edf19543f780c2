using RabbitMQ.Client;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Connections of the driver that the client opens for others, and what is known of the node behind a connection.</summary>
public sealed class RawConnectionScenarios
{
    [Fact, Scenario("36", "P13")]
    public async Task A_raw_connection_goes_where_the_clients_own_would_and_belongs_to_the_caller()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy dead = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);
        dead.RefuseConnections();
        RabbitClient client = bed.NewClient(options =>
        {
            options.Endpoints.Add($"{dead.Host}:{dead.Port}");
            options.Endpoints.Add(bed.Endpoint);
            options.ClientName = "app";
        });

        IConnection connection = await client.ConnectionFactory.CreateConnectionAsync("reports").WaitAsync(Bed.Patience);
        await using (IChannel channel = await connection.CreateChannelAsync())
        {
            await channel.QueueDeclareAsync("by-hand");
        }

        // Two go apart, so one of them has met the dead endpoint first.
        IConnection other = await client.ConnectionFactory.CreateConnectionAsync("audit").WaitAsync(Bed.Patience);
        Assert.True(other.IsOpen);
        await other.DisposeAsync();
        Assert.Contains(bed.Broker.Connections(), static known => string.Equals(known.ClientProvidedName, "app:reports", StringComparison.Ordinal));
        await client.DisposeAsync();
        Assert.True(connection.IsOpen);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.ConnectionFactory.CreateConnectionAsync("reports"));
        await connection.DisposeAsync();
        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0, "the socket closed");
        await Bed.UntilAsync(() => client.TeardownsRunning == 0, "nothing left behind");
    }

    [Fact, Scenario("61,36", "P14,P28")]
    public async Task A_raw_connection_that_cannot_be_opened_says_why_after_one_round()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient refused = bed.NewClient(static options => options.Password = "canary-7F3A");
        ConnectionException wrong = await Assert.ThrowsAsync<ConnectionException>(() => refused.ConnectionFactory.CreateConnectionAsync("reports").WaitAsync(Bed.Patience));
        Assert.Equal(ConnectionFailureReason.AuthenticationFailed, wrong.Reason);
        Assert.DoesNotContain("canary-7F3A", wrong.ToString(), StringComparison.Ordinal);

        bed.Line.RefuseConnections();
        RabbitClient client = bed.NewClient();
        ConnectionException dead = await Assert.ThrowsAsync<ConnectionException>(() => client.ConnectionFactory.CreateConnectionAsync("reports").WaitAsync(Bed.Patience));
        Assert.Equal((ConnectionFailureReason.Unreachable, bed.Endpoint), (dead.Reason, dead.Endpoint));
        await Assert.ThrowsAsync<ArgumentException>(() => client.ConnectionFactory.CreateConnectionAsync("a b"));
    }

    [Fact, Scenario("32", "P15")]
    public async Task A_raw_connection_to_a_silent_broker_is_ended()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Heartbeat = TimeSpan.FromSeconds(1));
        await using IConnection connection = await client.ConnectionFactory.CreateConnectionAsync("reports").WaitAsync(Bed.Patience);
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, shutdown) =>
        {
            ended.TrySetResult(shutdown.ReplyText + shutdown.Exception);
            return Task.CompletedTask;
        };

        bed.Faults.FromBroker().Always().Drop();

        // Not by the driver's own heartbeat, which would need three of them.
        Assert.DoesNotContain("eartbeat", await ended.Task.WaitAsync(Bed.Patience), StringComparison.Ordinal);
        Assert.False(connection.IsOpen);
    }

    [Fact, Scenario("36", "P13")]
    public async Task The_nodes_name_is_what_the_operator_says_or_the_resolver_or_unknown()
    {
        await using Bed bed = await Bed.StartAsync(static options => options.ServerProperties["where"] = "rabbit@rack-7");
        using var log = new RecordingLog();
        var resolver = new Resolver("rabbit@by-resolver");
        RabbitClient told = bed.NewClient(options => (options.NodeNameProperty, options.NodeNameResolver) = ("where", resolver));
        RabbitClient asked = bed.NewClient(log, options => (options.NodeNameResolver, options.ClientName) = (resolver, "asking"));
        RabbitClient unknown = bed.NewClient(log, static options => options.NodeNameResolver = new Resolver(null));

        await Task.WhenAll(told.ConnectAsync(), asked.ConnectAsync(), unknown.ConnectAsync()).WaitAsync(Bed.Patience);
        await Bed.UntilAsync(() => asked.Status.Connections.All(static connection => string.Equals(connection.NodeName, "rabbit@by-resolver", StringComparison.Ordinal)), "the resolver's answers");

        Assert.All(told.Status.Connections, static connection => Assert.Equal(("rabbit@rack-7", "rabbit@test"), (connection.NodeName, connection.ClusterName)));
        Assert.All(unknown.Status.Connections, static connection => Assert.Null(connection.NodeName));
        Assert.Equal(2, log.Count(1020));
        Assert.Contains(log.Lines, static line => line.Contains("cluster rabbit@test, node unknown", StringComparison.Ordinal));
        Assert.Equal(["asking:consume", "asking:publish-1"], resolver.Asked.Select(static query => query.ConnectionName).Order(StringComparer.Ordinal));
        Assert.All(resolver.Asked, query => Assert.Equal((bed.Endpoint, "rabbit@test"), (query.Endpoint, query.ClusterName)));
        Assert.All(resolver.Asked, static query => Assert.StartsWith("127.0.0.1:", query.LocalAddress, StringComparison.Ordinal));
    }

    private sealed class Resolver(string? name) : INodeNameResolver
    {
        private readonly List<NodeNameQuery> _asked = [];

        public IReadOnlyList<NodeNameQuery> Asked
        {
            get
            {
                lock (_asked)
                {
                    return [.. _asked];
                }
            }
        }

        public ValueTask<string?> ResolveAsync(NodeNameQuery connection, CancellationToken cancellationToken)
        {
            lock (_asked)
            {
                _asked.Add(connection);
            }

            return ValueTask.FromResult(name);
        }
    }
}

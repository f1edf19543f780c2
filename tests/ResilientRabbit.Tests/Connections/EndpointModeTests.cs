using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using Xunit;
using static ResilientRabbit.Tests.Connections.Failures;

namespace ResilientRabbit.Tests.Connections;

/// <summary>What is avoided, and where a connection returns to, by what stands behind the endpoints.</summary>
public sealed class EndpointModeTests
{
    private static readonly RabbitEndpoint A = new("a", 5672);
    private static readonly RabbitEndpoint B = new("b", 5672);
    private static readonly RabbitEndpoint C = new("c", 5672);

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(ConnectionFailureReason.Dropped, true)]
    [InlineData(ConnectionFailureReason.TimedOut, true)]
    [InlineData(ConnectionFailureReason.Silent, true)]
    [InlineData(ConnectionFailureReason.Unreachable, false)]
    [InlineData(ConnectionFailureReason.NameNotResolved, false)]
    public void A_proxy_is_avoided_only_when_it_cannot_be_reached_itself(ConnectionFailureReason reason, bool isUsed)
    {
        EndpointSelector selector = Selector(ConnectionMode.LoadBalancer, A, B);

        selector.Failed(A, reason);

        Assert.Equal(isUsed, Choose(selector, 2).Contains(A));
    }

    [Theory]
    [InlineData(ConnectionFailureReason.Dropped)]
    [InlineData(ConnectionFailureReason.Unreachable)]
    public void A_node_is_avoided_whatever_has_happened(ConnectionFailureReason reason)
    {
        EndpointSelector selector = Selector(ConnectionMode.NodeList, A, B);

        selector.Failed(A, reason);

        Assert.DoesNotContain(A, Choose(selector, 2));
    }

    [Fact]
    public void A_node_is_not_avoided_because_nobody_gave_credentials_for_it()
    {
        EndpointSelector selector = Selector(ConnectionMode.NodeList, A, B);

        selector.Failed(A, ConnectionFailureReason.CredentialsUnavailable);

        Assert.All(selector.Snapshot(), static endpoint => Assert.False(endpoint.IsQuarantined));
    }

    [Fact]
    public void An_address_that_moves_is_avoided_for_a_second_at_most()
    {
        EndpointSelector selector = Selector(ConnectionMode.VirtualIp, A, B);
        for (int failure = 0; failure < 10; failure++)
        {
            selector.Failed(A, ConnectionFailureReason.TimedOut);
        }

        Assert.DoesNotContain(A, Choose(selector, 2));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains(A, Choose(selector, 2));
    }

    [Fact]
    public void A_connection_that_shares_a_node_finds_the_one_that_is_free()
    {
        EndpointSelector selector = Selector(ConnectionMode.NodeList, A, B, C);
        selector.Next("publish-1", new FailedEndpoints());
        selector.Next("publish-2", new FailedEndpoints());
        Assert.Equal(C, selector.Next("consume", new FailedEndpoints()));
        selector.Failed(C);
        RabbitEndpoint shared = selector.Next("consume", After(C));

        string sharer = shared == A ? "publish-1" : "publish-2";
        string alone = shared == A ? "publish-2" : "publish-1";
        Assert.Null(selector.NextBetter(alone, shared == A ? B : A));
        Assert.Equal(C, selector.NextBetter(sharer, shared));
        Assert.Null(selector.NextBetter(sharer, C));
        Assert.Null(selector.NextBetter(alone, shared == A ? B : A));
    }

    [Fact]
    public void Of_two_that_share_a_node_one_leaves()
    {
        EndpointSelector selector = Selector(ConnectionMode.NodeList, A);
        selector.Next("publish-1", new FailedEndpoints());
        selector.Next("publish-2", new FailedEndpoints());
        selector.Replace([A, B]);

        Assert.Equal(B, selector.NextBetter("publish-1", A));
        Assert.Null(selector.NextBetter("publish-2", A));

        // The node was not back after all.
        selector.Stayed("publish-1", A);
        Assert.Equal(B, selector.NextBetter("publish-2", A));
    }

    [Fact]
    public void Behind_a_proxy_there_is_nothing_to_return_to()
    {
        EndpointSelector selector = Selector(ConnectionMode.LoadBalancer, A, B);
        selector.Next("publish-1", new FailedEndpoints());
        selector.Next("publish-2", After(A));

        Assert.Null(selector.NextBetter("publish-1", A));
    }

    private EndpointSelector Selector(ConnectionMode mode, params RabbitEndpoint[] endpoints) => new(endpoints, _time, mode: mode);

    private static RabbitEndpoint[] Choose(EndpointSelector selector, int count) => [.. Enumerable.Range(0, count).Select(_ => selector.Next("publish-1", new FailedEndpoints()))];
}

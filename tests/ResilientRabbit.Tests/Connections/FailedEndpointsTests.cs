using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using Xunit;
using static ResilientRabbit.Tests.Connections.Failures;

namespace ResilientRabbit.Tests.Connections;

/// <summary>A search goes round: no endpoint twice before each has had its turn.</summary>
public sealed class FailedEndpointsTests
{
    private static readonly RabbitEndpoint A = new("node-a", 5672);
    private static readonly RabbitEndpoint B = new("node-b", 5672);
    private static readonly RabbitEndpoint C = new("node-c", 5672);

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(ConnectionMode.NodeList, EndpointOrder.RoundRobin)]
    [InlineData(ConnectionMode.NodeList, EndpointOrder.Ordered)]
    [InlineData(ConnectionMode.NodeList, EndpointOrder.Shuffle)]
    [InlineData(ConnectionMode.VirtualIp, EndpointOrder.RoundRobin)]
    [InlineData(ConnectionMode.LoadBalancer, EndpointOrder.RoundRobin)]
    public void Each_has_its_turn_before_any_of_them_again_however_slow_they_are_to_fail_and_whoever_uses_them(ConnectionMode mode, EndpointOrder order)
    {
        var selector = new EndpointSelector([A, B, C], _time, firstIndex: 2, order, mode);
        Array.ForEach([A, B], selector.Failed);
        selector.Next("publish-2", new FailedEndpoints());
        Array.ForEach([A, B], selector.Succeeded);
        var failed = new FailedEndpoints();

        for (int round = 0; round < 3; round++)
        {
            var tried = new HashSet<RabbitEndpoint>();
            for (int attempt = 0; attempt < 3; attempt++)
            {
                RabbitEndpoint next = selector.Next("publish-1", failed);
                tried.Add(next);
                _time.Advance(TimeSpan.FromMinutes(1));
                selector.Failed(next, ConnectionFailureReason.TimedOut);
                failed.Failed(next);
                _time.Advance(TimeSpan.FromMinutes(1));
            }

            Assert.Equal([A, B, C], tried.OrderBy(static endpoint => endpoint.Host));
        }
    }

    [Fact]
    public void One_that_comes_into_the_list_has_its_turn_first_and_then_only_as_often_as_the_others()
    {
        var selector = new EndpointSelector([A, B], _time);
        FailedEndpoints failed = After(A, B);
        selector.Replace([A, B, C]);

        Assert.Equal(C, selector.Next("publish-1", failed));
        failed.Failed(C);
        RabbitEndpoint next = selector.Next("publish-1", failed);
        failed.Failed(next);
        Assert.Equal([A, B], new[] { next, selector.Next("publish-1", failed) }.OrderBy(static endpoint => endpoint.Host));
    }

    [Fact]
    public void A_connection_that_was_open_begins_anew()
    {
        var selector = new EndpointSelector([A, B], _time);
        FailedEndpoints failed = After(A);

        failed.Clear();
        Assert.Equal(A, selector.Next("publish-1", failed));
    }

    [Fact]
    public void Failures_may_be_noted_by_several_at_once()
    {
        // The session is lost while the one that is to take its place is being searched.
        RabbitEndpoint[] all = [.. Enumerable.Range(0, 40_000).Select(static number => new RabbitEndpoint($"node-{number}", 5672))];
        var failed = new FailedEndpoints();

        Parallel.ForEach(all, failed.Failed);

        Assert.All(all, endpoint => Assert.True(failed.HadTurn(endpoint)));
    }
}

using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using Xunit;
using static ResilientRabbit.Tests.Connections.Failures;

namespace ResilientRabbit.Tests.Connections;

public sealed class EndpointSelectorTests
{
    private static readonly RabbitEndpoint A = new("node-a", 5672);
    private static readonly RabbitEndpoint B = new("node-b", 5672);
    private static readonly RabbitEndpoint C = new("node-c", 5672);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_connection_that_keeps_choosing_visits_every_endpoint()
    {
        EndpointSelector selector = Selector(A, B, C);

        Assert.Equal([A, B, C, A], Choose(selector, 4));
    }

    [Fact]
    public void The_rotation_begins_where_it_is_told()
        => Assert.Equal(C, new EndpointSelector([A, B, C], _time, firstIndex: 5).Next("publish-1", new FailedEndpoints()));

    [Fact]
    public void Other_endpoints_are_taken_over_and_what_is_known_of_those_that_stay_is_kept()
    {
        EndpointSelector selector = Selector(A, B);
        selector.Failed(B);

        selector.Replace([B, C]);
        selector.Failed(A);
        selector.Succeeded(A);

        Assert.Equal([C, C], Choose(selector, 2));
        Assert.Equal(2, selector.Count);
    }

    [Fact]
    public void Where_the_connection_just_failed_it_does_not_go()
    {
        EndpointSelector selector = Selector(A, B);

        Assert.Equal(B, selector.Next("publish-1", After(A)));
        Assert.Equal(B, selector.Next("publish-1", After(A)));
    }

    [Fact]
    public void The_endpoint_that_just_failed_is_avoided_even_when_the_others_are_quarantined()
    {
        EndpointSelector selector = Selector(A, B);
        selector.Failed(B);

        Assert.Equal(B, selector.Next("publish-1", After(A)));
    }

    [Fact]
    public void A_failed_endpoint_is_left_out_until_its_quarantine_ends()
    {
        EndpointSelector selector = Selector(A, B);
        selector.Failed(A);

        Assert.Equal([B, B], Choose(selector, 2));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([A, B], Choose(selector, 2));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(5, 16)]
    [InlineData(6, 30)]
    [InlineData(40, 30)]
    public void Quarantine_doubles_with_each_failure_in_a_row_up_to_half_a_minute(int failures, int seconds)
    {
        EndpointSelector selector = Selector(A, B);
        for (int failure = 0; failure < failures; failure++)
        {
            selector.Failed(A);
        }

        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.Equal([B, B], Choose(selector, 2));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([A, B], Choose(selector, 2));
    }

    [Fact]
    public void Success_ends_quarantine_and_its_growth()
    {
        EndpointSelector selector = Selector(A, B);
        selector.Failed(A);
        selector.Failed(A);

        selector.Succeeded(A);
        Assert.Equal([A, B], Choose(selector, 2));
        selector.Failed(A);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([A, B], Choose(selector, 2));
    }

    [Fact]
    public void When_all_are_quarantined_the_one_that_comes_back_first_is_chosen()
    {
        EndpointSelector selector = Selector(A, B, C);
        foreach (RabbitEndpoint endpoint in (RabbitEndpoint[])[A, A, B, C, C])
        {
            selector.Failed(endpoint);
        }

        Assert.Equal(B, selector.Next("publish-1", new FailedEndpoints()));
    }

    [Fact]
    public void Connections_of_one_role_go_apart()
    {
        EndpointSelector selector = Selector(A, B, C);

        HashSet<RabbitEndpoint> used = [selector.Next("publish-1", new FailedEndpoints()), selector.Next("publish-2", new FailedEndpoints()), selector.Next("publish-3", new FailedEndpoints())];

        Assert.Equal(3, used.Count);
    }

    [Fact]
    public void Publishers_share_a_node_with_consumers_rather_than_with_each_other()
    {
        EndpointSelector selector = Selector(A, B);
        Assert.Equal(A, selector.Next("publish-1", new FailedEndpoints()));
        Assert.Equal(B, selector.Next("consume-1", new FailedEndpoints()));

        Assert.Equal(B, selector.Next("publish-2", new FailedEndpoints()));
    }

    [Fact]
    public void A_released_connection_takes_no_place()
    {
        EndpointSelector selector = Selector(A, B);
        Assert.Equal(A, selector.Next("publish-1", new FailedEndpoints()));
        Assert.Equal(B, selector.Next("publish-2", new FailedEndpoints()));

        selector.Released("publish-2");

        Assert.Equal(B, selector.Next("publish-3", new FailedEndpoints()));
    }

    [Fact]
    public void A_single_address_is_never_quarantined()
    {
        EndpointSelector selector = Selector(A);
        selector.Failed(A);

        Assert.Equal(A, selector.Next("publish-1", After(A)));
    }

    [Fact]
    public void In_the_fixed_order_all_connections_go_to_the_first_that_is_well()
    {
        EndpointSelector selector = Ordered(A, B, C);
        Assert.Equal([A, A], [selector.Next("publish-1", new FailedEndpoints()), selector.Next("publish-2", new FailedEndpoints())]);

        selector.Failed(A);
        Assert.Equal([B, B], [selector.Next("publish-1", After(A)), selector.Next("consume-1", new FailedEndpoints())]);

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([A, A], Choose(selector, 2));
    }

    [Fact]
    public void In_the_fixed_order_the_one_whose_quarantine_ends_first_is_tried_when_none_is_well()
    {
        EndpointSelector selector = Ordered(A, B);
        selector.Failed(A);
        selector.Failed(A);
        selector.Failed(B);

        Assert.Equal(B, selector.Next("publish-1", new FailedEndpoints()));
        Assert.Equal(A, selector.Next("publish-1", After(B)));
    }

    [Fact]
    public void In_the_fixed_order_a_connection_returns_to_one_that_comes_earlier_and_stays_at_the_first()
    {
        EndpointSelector selector = Ordered(A, B, C);
        selector.Failed(A);
        selector.Failed(B);
        selector.Failed(B);
        Assert.Equal(C, selector.Next("publish-1", new FailedEndpoints()));

        Assert.Equal(A, selector.NextBetter("publish-1", C));
        selector.Stayed("publish-1", C);
        selector.Failed(A);
        selector.Failed(A);

        Assert.Equal(B, selector.NextBetter("publish-1", C));
        Assert.Equal(A, selector.NextBetter("publish-1", B));
        Assert.Null(selector.NextBetter("publish-1", A));
    }

    [Fact]
    public void Many_threads_may_choose_and_report_at_once()
    {
        RabbitEndpoint[] all = [A, B, C];
        EndpointSelector selector = Selector(all);

        Parallel.For(0, 4, worker =>
        {
            var failed = new FailedEndpoints();
            for (int round = 0; round < 2_000; round++)
            {
                RabbitEndpoint next = selector.Next($"publish-{worker}", failed);
                Assert.Contains(next, all);
                Assert.NotEqual(failed.Last, next);
                failed.Failed(next);
                if (round % 2 == 0)
                {
                    selector.Failed(next);
                }
                else
                {
                    selector.Succeeded(next);
                }
            }
        });
    }

    private EndpointSelector Ordered(params RabbitEndpoint[] endpoints) => new(endpoints, _time, firstIndex: 1, EndpointOrder.Ordered);

    private EndpointSelector Selector(params RabbitEndpoint[] endpoints) => new(endpoints, _time);

    private static RabbitEndpoint[] Choose(EndpointSelector selector, int count)
        => [.. Enumerable.Range(0, count).Select(_ => selector.Next("publish-1", new FailedEndpoints()))];
}

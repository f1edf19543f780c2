using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Consuming;

/// <summary>A consumer that is replaced as planned is not away; one that does not come back is.</summary>
public sealed class RefreshTests
{
    [Fact]
    public async Task A_planned_replacement_does_not_show_in_the_status_that_health_is_judged_by()
    {
        await using Bed bed = await Bed.StartAsync();
        await using ISubscription subscription = await Bed.SubscribeAsync(bed.NewClient(), static _ => Settlement.Ack, static options => options.RefreshIdleAfter = TimeSpan.FromMilliseconds(100));
        var seen = new HashSet<(SubscriptionState State, bool IsMissing)>();
        using var patience = new CancellationTokenSource(Bed.Patience);

        // Without a pause: what flickers does so for a few milliseconds.
        for (SubscriptionStatus status = subscription.Status; status.Resubscribes < 10; status = subscription.Status)
        {
            seen.Add((status.State, status.MissingSince is not null));
            Assert.False(patience.IsCancellationRequested, $"{status}");
        }

        Assert.Equal([(SubscriptionState.Consuming, false)], seen);
    }

    [Fact]
    public async Task A_planned_replacement_in_whose_middle_the_connection_goes_for_good_shows()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicCancel).Reset();
        await using ISubscription subscription = await Bed.SubscribeAsync(bed.NewClient(), static _ => Settlement.Ack, static options => options.RefreshIdleAfter = TimeSpan.FromMilliseconds(300));
        FaultHandle shut = bed.Faults.AtConnect().Times(100_000).Refuse();

        await Bed.UntilAsync(() => subscription.Status is { State: SubscriptionState.Resubscribing, MissingSince: not null }, "the absence");

        Assert.Equal(1, lost.Fired);
        shut.Cancel();
        await Bed.UntilAsync(() => subscription.Status is { State: SubscriptionState.Consuming, MissingSince: null }, "the consumer");
    }
}

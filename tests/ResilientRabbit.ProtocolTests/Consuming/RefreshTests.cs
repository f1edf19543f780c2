using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Consuming;

/// <summary>A consumer that is replaced as planned is not away; one that does not come back is.</summary>
public sealed class RefreshTests
{
    [Fact]
    public async Task A_planned_replacement_does_not_show_in_the_status_that_health_is_judged_by()
    {
        await using Bed bed = await Bed.StartAsync();
        await using ISubscription subscription = await Bed.SubscribeAsync(bed.NewClient(), static _ => Settlement.Ack, static options => options.RefreshIdleAfter = TimeSpan.FromMilliseconds(50));
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
    public async Task A_planned_replacement_that_fails_shows()
    {
        await using Bed bed = await Bed.StartAsync();
        await using ISubscription subscription = await Bed.SubscribeAsync(bed.NewClient(), static _ => Settlement.Ack, static options => options.RefreshIdleAfter = TimeSpan.FromMilliseconds(300));
        Testing.FaultHandle silent = bed.Faults.FromClient(Testing.AmqpMethod.BasicConsume).Always().Drop();

        await Bed.UntilAsync(() => subscription.Status is { State: SubscriptionState.Resubscribing, MissingSince: not null }, "the absence");

        silent.Cancel();
        await Bed.UntilAsync(() => subscription.Status is { State: SubscriptionState.Consuming, MissingSince: null }, "the consumer");
    }
}

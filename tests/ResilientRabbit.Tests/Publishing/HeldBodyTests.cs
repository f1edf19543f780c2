using System.Runtime.CompilerServices;
using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>What has its outcome holds no memory that nobody counts.</summary>
public sealed class HeldBodyTests
{
    [Fact]
    public async Task Messages_that_were_given_up_while_there_was_no_broker_hold_their_bodies_no_longer()
    {
        await using var harness = new PublisherHarness();
        WeakReference[] bodies = await CancelledAsync(harness);

        // The task that gave them is over, and its locals with it.
        using var limit = new CancellationTokenSource(Watch.Limit);
        while (Array.Exists(bodies, static body => body.IsAlive) && !limit.IsCancellationRequested)
        {
            await Task.Run(GC.Collect);
        }

        Assert.DoesNotContain(bodies, static body => body.IsAlive);
        Assert.Equal((100, 0), (harness.Counts.NotSent, harness.Counts.Pending));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference[]> CancelledAsync(PublisherHarness harness)
    {
        using var given = new CancellationTokenSource();
        (WeakReference Body, Task<PublishReceipt> Publishing)[] all = [.. Enumerable.Range(0, 100).Select(_ => PublishOne(harness, given.Token))];
        await given.CancelAsync();
        foreach ((_, Task<PublishReceipt> publishing) in all)
        {
            await Cancelled(publishing, PublishFailure.NotSent);
        }

        return [.. all.Select(static one => one.Body)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference Body, Task<PublishReceipt> Publishing) PublishOne(PublisherHarness harness, CancellationToken given)
    {
        byte[] body = new byte[64 * 1024];
        return (new WeakReference(body), harness.Publisher.PublishAsync(Message("") with { Body = body }, given).AsTask());
    }
}

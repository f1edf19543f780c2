using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

public sealed class PublisherCloseTests
{
    [Fact]
    public async Task Closing_does_not_wait_for_a_transport_that_takes_no_more()
    {
        // The broker reads no more, while its heartbeats keep the session alive: blocked, for example.
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");
        session.SetRoom(false);
        Task<PublishReceipt> unsent = harness.Publish("b");
        await session.QuietAsync();

        Task closing = harness.Publisher.CloseAsync(TimeSpan.Zero);

        await Failed(tasks[0], PublishFailure.Unknown);
        await Failed(unsent, PublishFailure.NotSent);
        await closing.WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task A_message_of_a_batch_that_is_still_to_come_when_the_client_is_closed_was_not_sent()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 1 });
        FakePublishSession session = harness.Open();
        Task<PublishBatchResult> batch = harness.Publisher.PublishBatchAsync([Message("a"), Message("b"), Message("c")]).AsTask();
        await session.WrittenAsync(1);

        await harness.Publisher.CloseAsync(TimeSpan.Zero).WaitAsync(Watch.Limit);

        PublishBatchResult result = await batch.WaitAsync(Watch.Limit);
        Assert.Equal(
            [PublishFailure.Unknown, PublishFailure.NotSent, PublishFailure.NotSent],
            result.Outcomes.Select(static outcome => Assert.IsType<PublishException>(outcome.Error).Failure));
    }

    [Fact]
    public async Task Callers_are_told_after_closing_too_although_others_block_all_who_tell()
    {
        // Each of the first blocks the thread that tells it, until the last is told: more than there are workers.
        await using var harness = new PublisherHarness();
        using var release = new ManualResetEventSlim();
        Task[] blocking = [.. Enumerable.Range(0, Environment.ProcessorCount + 2).Select(number => BlockAsync(harness.Publisher.PublishAsync(Message($"{number}")), release))];
        Task last = ReleaseAsync(harness.Publisher.PublishAsync(Message("last")), release);
        Task all = Task.WhenAll([.. blocking, last]);

        await harness.Publisher.CloseAsync(TimeSpan.Zero).WaitAsync(Watch.Limit);
        long begin = TimeProvider.System.GetTimestamp();
        while (!all.IsCompleted && TimeProvider.System.GetElapsedTime(begin) < Watch.Limit)
        {
            harness.Time.Advance(TimeSpan.FromMilliseconds(25));
            await Task.WhenAny(all, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        bool isTold = last.IsCompleted;
        release.Set();
        await all.WaitAsync(Watch.Limit);
        Assert.True(isTold);

        // Also the limit for the writers to stop is a timer.
        harness.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(harness.Time.UntilNext());
    }

    private static async Task BlockAsync(ValueTask<PublishReceipt> publish, ManualResetEventSlim release)
    {
        await Assert.ThrowsAsync<PublishException>(() => WithoutHopAsync(publish, release.Wait));
    }

    private static async Task ReleaseAsync(ValueTask<PublishReceipt> publish, ManualResetEventSlim release)
    {
        await Assert.ThrowsAsync<PublishException>(() => WithoutHopAsync(publish, release.Set));
    }

    /// <summary>What an application does in the very continuation of its publish.</summary>
    private static async Task WithoutHopAsync(ValueTask<PublishReceipt> publish, Action then)
    {
        try
        {
            await publish.ConfigureAwait(false);
        }
        finally
        {
            then();
        }
    }
}

using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>The clock is stopped when nothing is pending; a publish may come at that very moment.</summary>
public sealed class PublishClockTests
{
    [Fact]
    public async Task A_message_that_comes_while_the_clock_is_being_stopped_keeps_its_deadline()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();
        await Confirmed(harness.Publish("a"));
        session.OnWrite = null;
        PublishWhileStopping(harness, static () => true);

        harness.Time.Advance(TimeSpan.FromMilliseconds(25));
        await session.WrittenAsync(2);
        harness.Time.Advance(Lifetime + TimeSpan.FromMilliseconds(100));

        Assert.Equal(0, harness.Counts.Pending);
    }

    [Fact]
    public async Task A_message_that_came_and_went_while_the_clock_was_being_stopped_leaves_it_able_to_start()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();
        await Confirmed(harness.Publish("a"));
        PublishWhileStopping(harness, () => harness.Counts.Pending == 0);
        harness.Time.Advance(TimeSpan.FromMilliseconds(25));
        await session.WrittenAsync(2);

        session.OnWrite = null;
        await harness.PublishWrittenAsync(session, "c");
        harness.Time.Advance(Lifetime + TimeSpan.FromMilliseconds(100));

        Assert.Equal(0, harness.Counts.Pending);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_whose_outcome_was_counted_when_the_clock_stopped_is_told_although_another_blocks_who_tells(bool isClosing)
    {
        var factory = new MessageFactory();
        CompletionQueue completions = factory.Pool.Completions;
        using var clock = new PublishClock(factory.Ledger, completions, factory.Lanes, NullLogger.Instance, factory.Time);
        using var release = new ManualResetEventSlim();
        PendingMessage first = factory.Admit(out _);
        PendingMessage second = factory.Admit(out _);
        Task blocking = ThenAsync(first.AsValueTask(), release.Wait);
        Task told = ThenAsync(second.AsValueTask(), release.Set);
        clock.Run();
        first.TrySettle(first.Version, SettleKind.Confirmed);
        second.TrySettle(second.Version, SettleKind.Confirmed);
        factory.Ledger.Release(first, null);
        first.Complete(null);
        Assert.True(SpinWait.SpinUntil(() => completions.IsEmpty, Watch.Limit));

        // The room is given back before the caller is told; between the two the clock finds nothing to do.
        factory.Ledger.Release(second, null);
        if (isClosing)
        {
            clock.Dispose();
        }

        factory.Time.Advance(TimeSpan.FromMilliseconds(25));
        Assert.Null(factory.Time.UntilNext());
        second.Complete(null);
        for (int tick = 0; tick < 10 && !told.IsCompleted; tick++)
        {
            factory.Time.Advance(TimeSpan.FromMilliseconds(25));
            await Task.WhenAny(told, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        bool isTold = told.IsCompleted;
        release.Set();
        await blocking.WaitAsync(Watch.Limit);
        Assert.True(isTold);
        factory.Time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Null(factory.Time.UntilNext());

        static async Task ThenAsync(ValueTask<PublishReceipt> publish, Action then)
        {
            await publish.ConfigureAwait(false);
            then();
        }
    }

    /// <summary>Another thread publishes just before the timer stops: it gets through, or a lock holds it off until the timer has stopped.</summary>
    private static void PublishWhileStopping(PublisherHarness harness, Func<bool> isThrough)
        => harness.Time.Stopping = () =>
        {
            harness.Time.Stopping = null;
            var call = new Thread(() => _ = harness.Publish("b"));
            call.Start();
            SpinWait.SpinUntil(() => !call.IsAlive && isThrough(), TimeSpan.FromSeconds(1));
        };
}

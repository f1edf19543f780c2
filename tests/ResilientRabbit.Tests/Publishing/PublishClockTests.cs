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
        FakePublishSession session = harness.Open().AckAll();
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
        FakePublishSession session = harness.Open().AckAll();
        await Confirmed(harness.Publish("a"));
        PublishWhileStopping(harness, () => harness.Counts.Pending == 0);
        harness.Time.Advance(TimeSpan.FromMilliseconds(25));
        await session.WrittenAsync(2);

        session.OnWrite = null;
        await harness.PublishWrittenAsync(session, "c");
        harness.Time.Advance(Lifetime + TimeSpan.FromMilliseconds(100));

        Assert.Equal(0, harness.Counts.Pending);
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

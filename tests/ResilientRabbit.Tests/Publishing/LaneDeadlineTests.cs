using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>The deadline of a message runs in every state, and is kept within 100 ms.</summary>
public sealed class LaneDeadlineTests
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task A_message_that_was_never_written_is_not_sent()
    {
        await using var harness = new PublisherHarness();
        harness.Sources[0].LastError = new ConnectionException(ConnectionFailureReason.Unreachable, "node:5672", "nobody there");
        Task<PublishReceipt> task = harness.Publish("a");

        AssertEndsAtTheDeadline(harness, Lifetime);

        PublishException error = await Failed(task, PublishFailure.NotSent);
        Assert.Equal((0, false, true), (error.Attempts, error.MayBeStored, error.IsTransient));
        Assert.Same(harness.Sources[0].LastError, error.InnerException);
        Assert.Contains("nobody there", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_in_flight_is_unknown()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");

        AssertEndsAtTheDeadline(harness, Lifetime);

        PublishException error = await Failed(tasks[0], PublishFailure.Unknown);
        Assert.Equal((1, true, null), (error.Attempts, error.MayBeStored, error.ReplyCode));
    }

    [Fact]
    public async Task A_message_that_was_sent_once_and_waits_to_be_sent_again_is_unknown()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");
        harness.Time.Advance(Instant);
        session.Kill();

        // Between the end of the channel and the queue it has no age.
        await harness.Watch.UntilAsync(() => session.Channel.IsRetired);
        Assert.True(SpinWait.SpinUntil(() => harness.Publisher.OldestUnconfirmed > TimeSpan.Zero, Watch.Limit));

        AssertEndsAtTheDeadline(harness, Lifetime - Instant);

        await Failed(tasks[0], PublishFailure.Unknown);
    }

    [Fact]
    public async Task A_message_behind_a_blocked_connection_is_not_sent()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        await harness.Watch.UntilAsync(() => harness.Sources[0].Session is not null);
        session.Block(true);
        Task<PublishReceipt> task = harness.Publish("a");
        await session.QuietAsync();

        AssertEndsAtTheDeadline(harness, Lifetime);

        await Failed(task, PublishFailure.NotSent);
        Assert.Empty(session.Writes);
    }

    [Fact]
    public async Task A_message_that_waits_for_the_topology_is_not_sent()
    {
        await using var harness = new PublisherHarness(isReady: false);
        harness.Open();
        Task<PublishReceipt> task = harness.Publish("a");

        AssertEndsAtTheDeadline(harness, Lifetime);

        await Failed(task, PublishFailure.NotSent);
    }

    [Fact]
    public async Task A_message_that_waits_for_room_is_not_sent()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 1 });
        Task<PublishReceipt> first = harness.Publish("a", timeout: Lifetime * 2);
        Task<PublishReceipt> waiting = harness.Publish("b");

        harness.Time.Advance(Lifetime - Instant);
        Assert.Equal(0, harness.Counts.NotSent);
        harness.Time.Advance(Tolerance);

        Assert.Equal(1, harness.Counts.NotSent);
        await Failed(waiting, PublishFailure.NotSent);
        Assert.False(first.IsCompleted);
    }

    [Fact]
    public async Task A_message_may_have_a_deadline_of_its_own()
    {
        await using var harness = new PublisherHarness();
        Task<PublishReceipt> patient = harness.Publish("a");
        Task<PublishReceipt> hasty = harness.Publish("b", timeout: TimeSpan.FromSeconds(1));

        harness.Time.Advance(TimeSpan.FromSeconds(1) + Tolerance);

        await Failed(hasty, PublishFailure.NotSent);
        Assert.False(patient.IsCompleted);
    }

    [Fact]
    public async Task The_slot_of_an_expired_message_is_free_when_its_answer_comes()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { InFlightWindow = 1 });
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");
        harness.Time.Advance(Lifetime + Tolerance);
        await Failed(tasks[0], PublishFailure.Unknown);

        Task<PublishReceipt> next = harness.Publish("b");
        session.Channel.Ack(1);
        await session.WrittenAsync(2);
        session.Channel.Ack(2);

        await Confirmed(next);
        Assert.Equal((2, 1, 1, 0), (harness.Counts.Submitted, harness.Counts.Unknown, harness.Counts.Confirmed, harness.Counts.Pending));
    }

    [Fact]
    public async Task The_clock_stands_still_while_nothing_is_pending_and_runs_again_after()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();
        await Confirmed(harness.Publish("a"));
        harness.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(harness.Time.IsWaiting(TimeSpan.FromMilliseconds(25)));

        session.OnWrite = null;
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "b");
        AssertEndsAtTheDeadline(harness, Lifetime);

        await Failed(tasks[0], PublishFailure.Unknown);
    }

    private static void AssertEndsAtTheDeadline(PublisherHarness harness, TimeSpan deadline)
    {
        harness.Time.Advance(deadline - Instant);
        Assert.Equal(1, harness.Counts.Pending);

        harness.Time.Advance(Tolerance);
        Assert.Equal(0, harness.Counts.Pending);
    }
}

using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>What becomes of unconfirmed messages when their session is lost.</summary>
public sealed class LaneReplayTests
{
    [Fact]
    public async Task What_is_unconfirmed_at_a_loss_is_sent_again_in_order_before_anything_newer()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        await harness.PublishWrittenAsync(first, "a", "b", "c");

        first.Kill();
        _ = harness.Publish("d");
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(4);

        Assert.Equal(["a", "b", "c", "d"], Texts(second.Writes));
        Assert.Equal([2, 2, 2, null], second.Writes.Select(static message => message.Attempt));
        Assert.Equal(first.Writes.Select(static message => message.MessageId), second.Writes.Take(3).Select(static message => message.MessageId));
        Assert.Equal(first.Writes.Select(static message => message.PublishId), second.Writes.Take(3).Select(static message => message.PublishId));
        Assert.Equal(3, harness.Counts.Replayed);
    }

    [Fact]
    public async Task Only_what_was_not_confirmed_is_sent_again()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(first, "a", "b", "c");
        first.Channel.Ack(2);

        first.Kill();
        FakePublishSession second = harness.OpenAcking();
        await second.WrittenAsync(2);

        Assert.Equal(["a", "c"], Texts(second.Writes));
        Assert.Equal([2, 1, 2], (await Task.WhenAll(tasks).WaitAsync(Watch.Limit)).Select(static receipt => receipt.Attempts));
    }

    [Fact]
    public async Task Each_loss_counts_one_copy_more()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");
        for (int attempt = 2; attempt <= 4; attempt++)
        {
            session.Kill();
            session = harness.Open();
            await session.WrittenAsync(1);
            Assert.Equal(attempt, session.Writes[0].Attempt);
        }

        session.Channel.Ack(1);

        Assert.Equal(4, (await Confirmed(tasks[0])).Attempts);
    }

    [Fact]
    public async Task A_cancelled_message_is_not_sent_again()
    {
        using var source = new CancellationTokenSource();
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt> cancelled = harness.Publish("a", cancellationToken: source.Token);
        await harness.PublishWrittenAsync(first, "b");

        await source.CancelAsync();
        first.Kill();
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(1);

        Assert.Equal(["b"], Texts(second.Writes));
        await Cancelled(cancelled, PublishFailure.Unknown);
    }

    [Fact]
    public async Task A_message_cancelled_in_the_queue_is_never_sent()
    {
        using var source = new CancellationTokenSource();
        await using var harness = new PublisherHarness();
        Task<PublishReceipt> cancelled = harness.Publish("a", cancellationToken: source.Token);
        Task<PublishReceipt> kept = harness.Publish("b");

        await source.CancelAsync();
        FakePublishSession session = harness.OpenAcking();
        await Confirmed(kept);

        Assert.Equal(["b"], Texts(session.Writes));
        await Cancelled(cancelled, PublishFailure.NotSent);
    }

    [Fact]
    public async Task An_expired_message_is_not_sent_again()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt> expired = harness.Publish("a", timeout: TimeSpan.FromSeconds(1));
        await harness.PublishWrittenAsync(first, "b");

        harness.Time.Advance(TimeSpan.FromSeconds(1.1));
        first.Kill();
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(1);

        Assert.Equal(["b"], Texts(second.Writes));
        await Failed(expired, PublishFailure.Unknown);
    }

    [Fact]
    public async Task A_late_confirm_of_the_lost_session_settles_and_saves_the_copy()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(first, "a", "b");
        FakePublishChannel channel = first.Channel;
        first.Kill();
        await harness.Watch.UntilAsync(() => channel.IsRetired);

        // Retired or about to be: either way this is the last word of a dead session.
        channel.Ack(1);
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(1);

        Assert.Equal(1, (await Confirmed(tasks[0])).Attempts);
        Assert.Equal(["b"], Texts(second.Writes));
    }

    [Fact]
    public async Task A_late_confirm_settles_a_message_whose_copy_is_in_flight()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(first, "a");
        first.Kill();
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(1);

        first.Channels[0].Ack(1);

        await Confirmed(tasks[0]);
        second.Channel.Ack(1);
        Assert.Equal((1, 1, 0), (harness.Counts.Submitted, harness.Counts.Confirmed, harness.Counts.Pending));
    }

    [Fact]
    public async Task A_late_confirm_of_a_returned_copy_settles_nothing()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(first, "a");
        first.Kill();
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(1);

        first.Channels[0].ReturnAndAck(1);

        Assert.False(tasks[0].IsCompleted);
        Assert.Equal(1, harness.Counts.Pending);
        second.Channel.Ack(1);
        await Confirmed(tasks[0]);
    }
}

using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Single acks that were received together are dealt with together, in the broker's order.</summary>
public sealed class AckBurstTests
{
    [Fact]
    public async Task Acks_of_a_burst_count_at_its_end()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b", "c");

        session.Channel.AckEach(1, 2);
        Assert.Equal(0, harness.Counts.Confirmed);
        session.Channel.EndBurst();

        await Confirmed(tasks[0]);
        await Confirmed(tasks[1]);
        Assert.Equal((2, 1), (harness.Counts.Confirmed, harness.Counts.Pending));
    }

    [Fact]
    public async Task Acks_out_of_order_reversed_and_repeated_count_once_each()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b", "c", "d", "e");

        session.Channel.AckEach(5, 4, 1, 2, 1, 2, 99, 3);
        session.Channel.EndBurst();

        await Task.WhenAll(tasks).WaitAsync(Connections.Watch.Limit);
        Assert.Equal((5, 0), (harness.Counts.Confirmed, harness.Counts.Pending));
    }

    [Fact]
    public async Task A_multiple_nack_does_not_cover_what_was_acknowledged_before_in_the_same_burst()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b", "c");

        session.Channel.AckEach(1, 2);
        session.Channel.Nack(3, multiple: true);

        Assert.Equal((1, 1), ((await Confirmed(tasks[0])).Attempts, (await Confirmed(tasks[1])).Attempts));
        Assert.False(tasks[2].IsCompleted);
    }

    [Fact]
    public async Task A_return_among_the_acks_of_a_burst_is_that_of_its_own_message()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b", "c");

        session.Channel.AckEach(1);
        session.Channel.Return(2);
        session.Channel.AckEach(2, 3);
        session.Channel.EndBurst();

        await Confirmed(tasks[0]);
        await Failed(tasks[1], PublishFailure.Unroutable);
        await Confirmed(tasks[2]);
    }

    [Fact]
    public async Task Acks_before_the_end_of_the_channel_in_the_same_burst_count()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b");

        session.Channel.AckEach(1);
        session.Channel.Close(403, "ACCESS_REFUSED");

        Assert.Equal(1, (await Confirmed(tasks[0])).Attempts);
        await Failed(tasks[1], PublishFailure.Refused);
    }

    [Fact]
    public async Task Acks_before_the_loss_of_the_session_in_the_same_burst_count()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(first, "a", "b");

        first.Channel.AckEach(1);
        first.Kill();
        FakePublishSession second = harness.OpenAcking();

        Assert.Equal(1, (await Confirmed(tasks[0])).Attempts);
        Assert.Equal(2, (await Confirmed(tasks[1])).Attempts);
        Assert.Equal(["b"], Texts(second.Writes));
    }

    [Fact]
    public async Task A_late_ack_on_a_channel_that_was_left_counts_without_the_end_of_a_burst()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(first, "a");
        FakePublishChannel left = first.Channel;
        first.Kill();
        await harness.Watch.UntilAsync(() => left.IsRetired);

        left.AckEach(1);

        Assert.Equal(1, (await Confirmed(tasks[0])).Attempts);
    }

    [Fact]
    public async Task A_late_ack_says_nothing_of_what_the_channel_that_was_left_had_nacked_before()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(first, "a", "b");
        FakePublishChannel left = first.Channel;
        first.Kill();
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(2);

        left.Nack(1);
        left.Ack(2, multiple: true);
        Assert.Equal(1, (await Confirmed(tasks[1])).Attempts - 1);
        Assert.Equal((1, 1), (harness.Counts.Confirmed, harness.Counts.Pending));
        second.Channel.Ack(1);

        Assert.Equal(2, (await Confirmed(tasks[0])).Attempts);
    }
}

using System.Globalization;
using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Limits, flush and end of a publisher.</summary>
public sealed class PublisherTests
{
    [Fact]
    public async Task Connections_are_started_by_the_first_publish()
    {
        await using var harness = new PublisherHarness(connections: 2);
        Assert.DoesNotContain(harness.Sources, static source => source.IsStarted);

        _ = harness.Publish("a");

        Assert.All(harness.Sources, static source => Assert.True(source.IsStarted));
    }

    [Fact]
    public async Task A_full_buffer_lets_the_caller_wait_for_room()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 1 });
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] first = await harness.PublishWrittenAsync(session, "a");
        Task<PublishReceipt> second = harness.Publish("b");
        Assert.Equal(1, harness.Counts.Pending);

        session.Channel.Ack(1);
        await session.WrittenAsync(2);
        session.Channel.Ack(2);

        await Confirmed(first[0]);
        await Confirmed(second);
    }

    [Fact]
    public async Task A_full_buffer_fails_the_caller_at_once_by_option()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 1, BufferFull = BufferFullMode.Fail });
        Task<PublishReceipt> first = harness.Publish("a");

        PublishException error = await Failed(harness.Publish("b"), PublishFailure.NotSent);

        Assert.Equal((0, false, true), (error.Attempts, error.MayBeStored, error.IsTransient));
        Assert.False(first.IsCompleted);
        Assert.Equal((2, 1, 1), (harness.Counts.Submitted, harness.Counts.NotSent, harness.Counts.Pending));
    }

    [Fact]
    public async Task Bytes_fill_the_buffer_too()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingBytes = 10, BufferFull = BufferFullMode.Fail });
        _ = harness.Publish("123456");

        await Failed(harness.Publish("12345"), PublishFailure.NotSent);
        Assert.Equal(6, harness.Counts.PendingBytes);
    }

    [Fact]
    public async Task A_waiting_caller_can_cancel()
    {
        using var source = new CancellationTokenSource();
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 1 });
        _ = harness.Publish("a");
        Task<PublishReceipt> waiting = harness.Publish("b", cancellationToken: source.Token);

        await source.CancelAsync();

        await Cancelled(waiting, PublishFailure.NotSent);
        Assert.Equal((2, 1, 1), (harness.Counts.Submitted, harness.Counts.NotSent, harness.Counts.Pending));
    }

    [Fact]
    public async Task A_token_that_was_cancelled_before_the_call_sends_nothing()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();

        await Cancelled(harness.Publish("a", cancellationToken: new CancellationToken(canceled: true)), PublishFailure.NotSent);
        await Confirmed(harness.Publish("b"));

        Assert.Equal(["b"], Texts(session.Writes));
        Assert.Equal((2, 1, 1), (harness.Counts.Submitted, harness.Counts.NotSent, harness.Counts.Confirmed));
    }

    [Fact]
    public async Task Cancellation_in_flight_says_unknown_and_carries_the_token()
    {
        using var source = new CancellationTokenSource();
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt> task = harness.Publish("a", cancellationToken: source.Token);
        await session.WrittenAsync(1);

        await source.CancelAsync();

        Assert.Equal(source.Token, (await Cancelled(task, PublishFailure.Unknown)).CancellationToken);
        session.Channel.Ack(1);
        Assert.Equal((1, 1, 0, 0), (harness.Counts.Submitted, harness.Counts.Unknown, harness.Counts.Confirmed, harness.Counts.Pending));
    }

    [Fact]
    public async Task Messages_of_one_ordering_key_stay_in_order_whatever_the_exchange()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { Lanes = 4 });
        FakePublishSession session = harness.Open();
        string[] texts = [.. Enumerable.Range(0, 50).Select(static number => number.ToString(CultureInfo.InvariantCulture))];

        foreach (string text in texts)
        {
            _ = harness.Publisher.PublishAsync(Message(text, exchange: "exchange-" + text, key: "one")).AsTask();
        }

        await session.WrittenAsync(50);
        Assert.Equal(texts, Texts(Assert.Single(session.Channels, static channel => channel.Count > 0).Writes));
    }

    [Fact]
    public async Task Without_order_the_least_loaded_lane_is_taken()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { Lanes = 4, PreserveOrder = false });
        FakePublishSession session = harness.Open();

        for (int number = 0; number < 8; number++)
        {
            _ = harness.Publish("x");
        }

        await session.WrittenAsync(8);
        Assert.Equal([2, 2, 2, 2], session.Channels.Select(static channel => channel.Count));
    }

    [Fact]
    public async Task A_flush_waits_for_everything_accepted_so_far()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        await harness.PublishWrittenAsync(session, "a", "b");

        Task<PublishCounts> flush = harness.Publisher.FlushAsync();
        await harness.PublishWrittenAsync(session, "c");
        session.Channel.Ack(1);
        Assert.False(flush.IsCompleted);
        session.Channel.Ack(2);

        PublishCounts counts = await flush.WaitAsync(Watch.Limit);
        Assert.Equal((3, 2, 1), (counts.Submitted, counts.Confirmed, counts.Pending));
    }

    [Fact]
    public async Task A_flush_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        await using var harness = new PublisherHarness();
        _ = harness.Publish("a");
        Task<PublishCounts> flush = harness.Publisher.FlushAsync(source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush.WaitAsync(Watch.Limit));
        Assert.Equal(1, harness.Counts.Pending);
    }

    [Fact]
    public async Task Closing_waits_for_what_is_pending()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");

        Task closing = harness.Publisher.CloseAsync(TimeSpan.FromSeconds(30));
        Assert.False(closing.IsCompleted);
        session.Channel.Ack(1);

        await closing.WaitAsync(Watch.Limit);
        await Confirmed(tasks[0]);
    }

    [Fact]
    public async Task Closing_ends_at_its_limit_with_honest_outcomes()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { InFlightWindow = 1, MaxPendingMessages = 2 });
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] written = await harness.PublishWrittenAsync(session, "a");
        Task<PublishReceipt> queued = harness.Publish("b");
        Task<PublishReceipt> waiting = harness.Publish("c");

        Task closing = harness.Publisher.CloseAsync(TimeSpan.FromSeconds(30));
        await harness.Watch.UntilAsync(() => harness.Time.IsWaiting(TimeSpan.FromSeconds(30)));
        harness.Time.Advance(TimeSpan.FromSeconds(30));
        await closing.WaitAsync(Watch.Limit);

        Assert.True((await Failed(written[0], PublishFailure.Unknown)).MayBeStored);
        Assert.False((await Failed(queued, PublishFailure.NotSent)).MayBeStored);
        Assert.False((await Failed(waiting, PublishFailure.NotSent)).MayBeStored);
        Assert.Equal((3, 1, 2, 0), (harness.Counts.Submitted, harness.Counts.Unknown, harness.Counts.NotSent, harness.Counts.Pending));
        Assert.True(session.Channel.IsRetired);
    }

    [Fact]
    public async Task After_the_end_a_publish_is_refused()
    {
        await using var harness = new PublisherHarness();
        await harness.Publisher.CloseAsync(TimeSpan.Zero).WaitAsync(Watch.Limit);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => harness.Publish("a"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => harness.Publisher.PublishBatchAsync([Message("a")]).AsTask());
    }

    [Fact]
    public async Task Many_callers_at_once_all_get_their_confirm()
    {
        await using var harness = new PublisherHarness(connections: 2, change: static settings => settings with { Lanes = 4, MaxPendingMessages = 50 });
        harness.OpenAcking(0);
        harness.OpenAcking(1);

        Task<PublishReceipt>[] tasks = [.. Enumerable.Range(0, 2_000).AsParallel().Select(number => harness.Publish("x", exchange: "e" + (number % 20)))];
        PublishReceipt[] receipts = await Task.WhenAll(tasks).WaitAsync(Watch.Limit);

        Assert.Equal(2_000, receipts.Select(static receipt => receipt.MessageId).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal((2_000, 2_000, 0), (harness.Counts.Submitted, harness.Counts.Confirmed, harness.Counts.Pending));
    }

    [Fact]
    public async Task A_caller_may_publish_from_the_continuation_of_a_confirm()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 1 });
        harness.OpenAcking();

        for (int number = 0; number < 200; number++)
        {
            await Confirmed(harness.Publish("x"));
        }

        Assert.Equal(200, harness.Counts.Confirmed);
    }

    [Fact]
    public async Task Every_message_has_one_outcome_through_random_losses_nacks_and_blocks()
    {
        var random = new Random(7);
        await using var harness = new PublisherHarness(connections: 2, change: static settings => settings with { Lanes = 3, InFlightWindow = 20 });
        List<Task<PublishReceipt>> tasks = [];
        for (int round = 0; round < 60; round++)
        {
            int connection = random.Next(2);
            (harness.Sources[connection].Session as FakePublishSession)?.Kill();
            FakePublishSession session = harness.Open(connection);
            int seed = round;
            session.OnWrite = (channel, message) => AnswerAtRandom(seed, channel, message);
            tasks.AddRange(Enumerable.Range(0, 20).Select(number => harness.Publish("x", exchange: "e" + (number % 7))));
            harness.Time.Advance(TimeSpan.FromMilliseconds(random.Next(500)));
        }

        harness.OpenAcking(0);
        harness.OpenAcking(1);
        for (int step = 0; step < 20; step++)
        {
            harness.Time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        await Task.WhenAny(Task.WhenAll(tasks)).WaitAsync(Watch.Limit);
        PublishCounts counts = harness.Counts;
        Assert.Equal((1_200, 0), (counts.Submitted, counts.Pending));
        Assert.Equal(tasks.Count(static task => task.IsCompletedSuccessfully), counts.Confirmed);
    }

    private static void AnswerAtRandom(int seed, FakePublishChannel channel, WrittenMessage message)
    {
        switch ((seed + (int)message.Tag) % 5)
        {
            case 0:
                channel.Nack(message.Tag);
                break;
            case 1:
                channel.ReturnAndAck(message.Tag);
                break;
            case 2:
                channel.Ack(message.Tag, multiple: true);
                break;
        }
    }
}

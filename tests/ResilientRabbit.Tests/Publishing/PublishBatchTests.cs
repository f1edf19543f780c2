using System.Globalization;
using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

public sealed class PublishBatchTests
{
    [Fact]
    public async Task The_outcomes_are_in_the_order_of_the_batch()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishBatchResult> batch = harness.Publisher.PublishBatchAsync([Message("a"), Message("b"), Message("c")]).AsTask();
        await session.WrittenAsync(3);

        session.Channel.Ack(3);
        session.Channel.ReturnAndAck(2);
        Assert.False(batch.IsCompleted);
        session.Channel.Ack(1);

        PublishBatchResult result = await batch.WaitAsync(Watch.Limit);
        Assert.Equal((2, 1, false), (result.Confirmed, result.Failed, result.AllConfirmed));
        Assert.Equal(session.Writes[0].MessageId, result.Outcomes[0].Receipt.MessageId);
        Assert.Equal(PublishFailure.Unroutable, Assert.IsType<PublishException>(result.Outcomes[1].Error).Failure);
        Assert.Equal(session.Writes[2].MessageId, result.Outcomes[2].Receipt.MessageId);
    }

    [Fact]
    public async Task Invalid_messages_fail_in_their_places_and_the_rest_is_sent()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();

        PublishBatchResult result = await harness.Publisher
            .PublishBatchAsync([Message("a"), Message("b", exchange: new string('x', 256)), default, Message("d", timeout: TimeSpan.Zero), Message("e")])
            .AsTask().WaitAsync(Watch.Limit);

        Assert.Equal([true, false, false, false, true], result.Outcomes.Select(static outcome => outcome.IsConfirmed));
        Assert.IsType<ArgumentException>(result.Outcomes[1].Error);
        Assert.IsType<ArgumentNullException>(result.Outcomes[2].Error);
        Assert.IsType<ArgumentOutOfRangeException>(result.Outcomes[3].Error);
        Assert.Equal(["a", "e"], Texts(session.Writes));
    }

    [Fact]
    public async Task A_message_whose_headers_cannot_be_read_fails_alone()
    {
        await using var harness = new PublisherHarness();
        harness.OpenAcking();
        var properties = new MessageProperties();
        properties.Headers["changing"] = new Changing();
        OutboundMessage bad = Message("b") with { Properties = properties };

        PublishBatchResult result = await harness.Publisher.PublishBatchAsync([Message("a"), bad, Message("c")]).AsTask().WaitAsync(Watch.Limit);

        Assert.Equal([true, false, true], result.Outcomes.Select(static outcome => outcome.IsConfirmed));
        Assert.Contains("'changing'", Assert.IsType<ArgumentException>(result.Outcomes[1].Error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_deadline_of_a_batch_above_the_limit_runs_from_the_call_for_all_of_it()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 10 });
        Task<PublishBatchResult> batch = harness.Publisher.PublishBatchAsync([.. Enumerable.Repeat(Message("x"), 1_000)]).AsTask();

        harness.Time.Advance(Lifetime + TimeSpan.FromMilliseconds(100));

        PublishBatchResult result = await batch.WaitAsync(Watch.Limit);
        Assert.All(result.Outcomes, static outcome => Assert.Equal(PublishFailure.NotSent, Assert.IsType<PublishException>(outcome.Error).Failure));
        Assert.Equal((1_000, 1_000, 0), (harness.Counts.Submitted, harness.Counts.NotSent, harness.Counts.Pending));
    }

    [Fact]
    public async Task What_is_still_to_come_of_a_batch_when_its_time_is_over_is_not_written()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 100 });
        FakePublishSession session = harness.Open();
        Task<PublishBatchResult> batch = harness.Publisher.PublishBatchAsync([.. Enumerable.Repeat(Message("x"), 1_000)]).AsTask();
        await session.WrittenAsync(100);

        harness.Time.Advance(Lifetime + TimeSpan.FromMilliseconds(100));

        PublishBatchResult result = await batch.WaitAsync(Watch.Limit);
        PublishFailure[] failures = [.. result.Outcomes.Select(static outcome => Assert.IsType<PublishException>(outcome.Error).Failure)];
        Assert.Equal(100, failures.Count(static failure => failure == PublishFailure.Unknown));
        Assert.Equal(900, failures.Count(static failure => failure == PublishFailure.NotSent));
        Assert.Equal(100, session.Writes.Count);
    }

    [Fact]
    public async Task The_receipt_of_a_message_that_failed_cannot_be_read()
    {
        await using var harness = new PublisherHarness();

        PublishBatchResult result = await harness.Publisher.PublishBatchAsync([default]).AsTask().WaitAsync(Watch.Limit);

        Assert.Throws<InvalidOperationException>(() => result.Outcomes[0].Receipt);
    }

    [Fact]
    public async Task An_empty_batch_is_done()
    {
        await using var harness = new PublisherHarness();

        PublishBatchResult result = await harness.Publisher.PublishBatchAsync([]);

        Assert.Empty(result.Outcomes);
        Assert.True(result.AllConfirmed);
    }

    [Fact]
    public async Task A_missing_batch_is_a_misuse()
    {
        await using var harness = new PublisherHarness();

        await Assert.ThrowsAsync<ArgumentNullException>(() => harness.Publisher.PublishBatchAsync(null!).AsTask());
    }

    [Fact]
    public async Task Cancellation_still_gives_every_message_its_outcome()
    {
        using var source = new CancellationTokenSource();
        await using var harness = new PublisherHarness(change: static settings => settings with { InFlightWindow = 2, MaxPendingMessages = 3 });
        FakePublishSession session = harness.Open();
        Task<PublishBatchResult> batch = harness.Publisher
            .PublishBatchAsync([Message("a"), Message("b"), Message("c"), Message("d"), Message("e")], source.Token).AsTask();
        await session.WrittenAsync(2);
        session.Channel.Ack(1);
        await session.WrittenAsync(3);

        await source.CancelAsync();

        PublishBatchResult result = await batch.WaitAsync(Watch.Limit);
        Assert.True(result.Outcomes[0].IsConfirmed);
        Assert.Equal(
            [PublishFailure.Unknown, PublishFailure.Unknown, PublishFailure.NotSent, PublishFailure.NotSent],
            result.Outcomes.Skip(1).Select(static outcome => Assert.IsType<PublishCanceledException>(outcome.Error).Failure));
        Assert.Equal((5, 0), (harness.Counts.Submitted, harness.Counts.Pending));
    }

    [Fact]
    public async Task A_batch_far_above_the_pending_limit_flows_through_it_in_order()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 100 });
        FakePublishSession session = harness.OpenAcking();
        OutboundMessage[] messages = [.. Enumerable.Range(0, 5_000).Select(static number => Message(number.ToString(CultureInfo.InvariantCulture)))];

        PublishBatchResult result = await harness.Publisher.PublishBatchAsync(messages).AsTask().WaitAsync(Watch.Limit);

        Assert.True(result.AllConfirmed);
        IReadOnlyList<WrittenMessage> writes = session.Writes;
        Assert.Equal(messages.Length, writes.Count);
        Assert.Equal(Enumerable.Range(0, 5_000), writes.Select(static message => int.Parse(message.Text, CultureInfo.InvariantCulture)));
        Assert.Equal(writes.Select(static message => message.MessageId), result.Outcomes.Select(static outcome => outcome.Receipt.MessageId));
    }

    [Fact]
    public async Task A_batch_above_the_limit_is_never_more_than_the_limit_in_memory()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 3 });
        FakePublishSession session = harness.Open();
        Task<PublishBatchResult> batch = harness.Publisher.PublishBatchAsync([.. Enumerable.Repeat(Message("x"), 10)]).AsTask();
        for (int done = 0; done < 10; done++)
        {
            await session.WrittenAsync(Math.Min(10, done + 3));
            Assert.InRange(harness.Counts.Pending, 1, 3);
            session.Channel.Ack((ulong)done + 1);
        }

        Assert.True((await batch.WaitAsync(Watch.Limit)).AllConfirmed);
    }

    [Fact]
    public async Task A_full_buffer_by_option_gives_the_rest_of_the_batch_its_outcome()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 2, BufferFull = BufferFullMode.Fail });
        FakePublishSession session = harness.Open();
        Task<PublishBatchResult> batch = harness.Publisher.PublishBatchAsync([Message("a"), Message("b"), Message("c")]).AsTask();
        await session.WrittenAsync(2);

        session.Channel.Ack(2, multiple: true);

        PublishBatchResult result = await batch.WaitAsync(Watch.Limit);
        Assert.Equal([true, true, false], result.Outcomes.Select(static outcome => outcome.IsConfirmed));
        Assert.Equal(PublishFailure.NotSent, Assert.IsType<PublishException>(result.Outcomes[2].Error).Failure);
    }

    [Fact]
    public async Task The_deadline_ends_a_batch_that_nobody_answers()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishBatchResult> batch = harness.Publisher.PublishBatchAsync([Message("a"), Message("b")]).AsTask();
        await session.WrittenAsync(2);

        harness.Time.Advance(Lifetime + TimeSpan.FromMilliseconds(100));

        PublishBatchResult result = await batch.WaitAsync(Watch.Limit);
        Assert.All(result.Outcomes, static outcome => Assert.Equal(PublishFailure.Unknown, Assert.IsType<PublishException>(outcome.Error).Failure));
    }

    private sealed class Changing : List<object?>, System.Collections.IEnumerable
    {
        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => throw new InvalidOperationException("Collection was modified.");
    }
}

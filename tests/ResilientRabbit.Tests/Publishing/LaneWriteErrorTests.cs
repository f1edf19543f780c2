using RabbitMQ.Client.Exceptions;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Messages that cannot be encoded, channels that are gone when a run is sent, and a transport that takes nothing.</summary>
public sealed class LaneWriteErrorTests
{
    [Fact]
    public async Task A_message_that_was_not_handed_over_does_not_count_as_sent()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        session.Refuse = _ => Lose(session);
        Task<PublishReceipt> task = harness.Publish("a", timeout: TimeSpan.FromSeconds(1));
        await harness.Watch.UntilAsync(() => session.IsDead && session.Channel.IsRetired);

        harness.Time.Advance(TimeSpan.FromSeconds(2));

        PublishException error = await Failed(task, PublishFailure.NotSent);
        Assert.Equal((0, false), (error.Attempts, error.MayBeStored));
    }

    [Fact]
    public async Task Messages_that_were_not_handed_over_go_first_in_their_order_and_unmarked_on_the_next_session()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        await harness.PublishWrittenAsync(first, "a");
        first.SetRoom(false);
        _ = harness.Publish("b");
        _ = harness.Publish("c");
        first.Refuse = _ => Lose(first);
        first.SetRoom(true);
        await harness.Watch.UntilAsync(() => first.IsDead);

        FakePublishSession second = harness.Open();
        await second.WrittenAsync(3);

        Assert.Equal(["a", "b", "c"], Texts(second.Writes));
        Assert.Equal([2, null, null], second.Writes.Select(static message => message.Attempt));
    }

    [Fact]
    public async Task A_closed_channel_on_a_living_session_is_replaced()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();
        session.Refuse = channel => channel == session.Channels[0];

        Assert.Equal(1, (await Confirmed(harness.Publish("a"))).Attempts);
        Assert.Equal(2, session.Channels.Count);
    }

    [Fact]
    public async Task The_brokers_words_stand_when_the_writer_finds_the_channel_gone_after_them()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] good = await harness.PublishWrittenAsync(session, "a");
        Task<PublishReceipt> bad = harness.Publish("bad", "missing");
        await session.WrittenAsync(2);

        // The broker closes the channel while the next message is being written.
        session.Refuse = channel =>
        {
            session.Refuse = null;
            channel.Close(404, "NOT_FOUND - no exchange 'missing' in vhost '/'");
            return true;
        };
        session.AckAll();
        Task<PublishReceipt> next = harness.Publish("b");

        Assert.Equal(404, (await Failed(bad, PublishFailure.Refused)).ReplyCode);
        await Confirmed(good[0]);
        await Confirmed(next);
        Assert.Equal(["a", "b"], Texts(session.Channel.Writes));
    }

    [Fact]
    public async Task A_run_that_was_refused_and_answered_all_the_same_is_left_to_the_answers()
    {
        // A hostile broker: it acknowledges a tag that was never sent.
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();
        session.Refuse = channel =>
        {
            session.Refuse = null;
            channel.Ack(1);
            return true;
        };

        await Confirmed(harness.Publish("a"));
        await Confirmed(harness.Publish("b"));
        Assert.Equal(["b"], Texts(session.Writes));
    }

    [Fact]
    public async Task A_message_that_cannot_be_encoded_fails_alone()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] before = await harness.PublishWrittenAsync(session, "a");
        session.Fail = static message => message.Is("bad") ? new WireFormattingException("no such type") : null;

        Task<PublishReceipt> bad = harness.Publish("bad");
        await harness.PublishWrittenAsync(session, "c");

        PublishException error = await Failed(bad, PublishFailure.NotSent);
        Assert.Equal((0, false), (error.Attempts, error.MayBeStored));
        Assert.IsType<WireFormattingException>(error.InnerException);
        Assert.Single(session.Channels);
        session.Channel.Ack(1);
        await Confirmed(before[0]);
    }

    [Fact]
    public async Task The_tag_of_a_message_that_cannot_be_encoded_goes_to_the_next()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        session.SetRoom(false);
        session.Fail = static message => message.Is("bad") ? new OverflowException() : null;
        Task<PublishReceipt> bad = harness.Publish("bad");
        Task<PublishReceipt> good = harness.Publish("good");
        session.SetRoom(true);
        await session.WrittenAsync(1);

        session.Channel.Ack(1);

        await Confirmed(good);
        await Failed(bad, PublishFailure.NotSent);
    }

    [Fact]
    public async Task Nothing_is_written_while_the_transport_takes_no_more()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        await harness.PublishWrittenAsync(session, "a");
        session.SetRoom(false);

        _ = harness.Publish("b");
        await session.QuietAsync();
        Assert.Single(session.Writes);
        session.SetRoom(true);
        await session.WrittenAsync(2);
    }

    [Fact]
    public async Task The_deadline_runs_while_the_transport_takes_no_more()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");
        session.SetRoom(false);
        Task<PublishReceipt> unsent = harness.Publish("b");

        harness.Time.Advance(Lifetime + TimeSpan.FromMilliseconds(100));

        await Failed(tasks[0], PublishFailure.Unknown);
        await Failed(unsent, PublishFailure.NotSent);
    }

    [Fact]
    public async Task A_session_that_is_lost_while_its_transport_takes_no_more_leaves_the_messages_to_the_next()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        await harness.PublishWrittenAsync(first, "a");
        first.SetRoom(false);
        Task<PublishReceipt> task = harness.Publish("b");
        await first.QuietAsync();

        first.Kill();
        FakePublishSession second = harness.OpenAcking();

        await Confirmed(task);
        Assert.Equal(["a", "b"], Texts(second.Writes));
    }

    private static bool Lose(FakePublishSession session)
    {
        session.Kill();
        return true;
    }
}

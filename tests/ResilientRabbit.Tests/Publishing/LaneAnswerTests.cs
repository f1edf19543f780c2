using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>What the broker may say other than yes: returns, nacks, closed channels; and what the driver may throw.</summary>
public sealed class LaneAnswerTests
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1.25);

    [Fact]
    public async Task A_returned_message_is_unroutable_although_it_is_acknowledged()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b");

        session.Channel.Return(1);
        session.Channel.Ack(2, multiple: true);

        PublishException error = await Failed(tasks[0], PublishFailure.Unroutable);
        Assert.Equal((312, "NO_ROUTE", false, 1, "orders", "eu"), (error.ReplyCode, error.ReplyText, error.MayBeStored, error.Attempts, error.Exchange, error.RoutingKey));
        Assert.Equal(session.Writes[0].MessageId, error.MessageId);
        await Confirmed(tasks[1]);
        Assert.Equal((1, 1), (harness.Counts.Unroutable, harness.Counts.Confirmed));
    }

    [Fact]
    public async Task A_returned_copy_of_a_message_with_a_lost_copy_may_be_stored()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(first, "a");
        first.Kill();
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(1);

        second.Channel.ReturnAndAck(1);

        Assert.True((await Failed(tasks[0], PublishFailure.Unroutable)).MayBeStored);
    }

    [Fact]
    public async Task A_return_of_a_route_that_the_application_declares_is_retried()
    {
        await using var harness = new PublisherHarness();
        harness.Routes.Known.Add("orders");
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");

        session.Channel.ReturnAndAck(1);
        Assert.Equal(["orders"], harness.Routes.Suspects);
        harness.Time.Advance(LongestRest);
        await session.WrittenAsync(2);
        session.Channel.Ack(2);

        Assert.Equal(2, (await Confirmed(tasks[0])).Attempts);
        Assert.Equal(2, session.Writes[1].Attempt);
    }

    [Fact]
    public async Task A_receipt_tells_of_a_return_that_newer_messages_of_the_key_may_have_overtaken()
    {
        await using var harness = new PublisherHarness();
        harness.Routes.Known.Add("orders");
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] returned = await harness.PublishWrittenAsync(session, "a");
        session.Channel.ReturnAndAck(1);
        Task<PublishReceipt>[] newer = await harness.PublishWrittenAsync(session, "b");
        session.AckAll();
        session.Channel.Ack(2);
        harness.Time.Advance(LongestRest);

        Assert.Equal((2, 1), ((await Confirmed(returned[0])).Attempts, (await Confirmed(returned[0])).Nacks));
        Assert.Equal((1, 0), ((await Confirmed(newer[0])).Attempts, (await Confirmed(newer[0])).Nacks));
        Assert.Equal(["a", "b", "a"], Texts(session.Writes));
    }

    [Fact]
    public async Task A_route_that_never_comes_back_is_unroutable_at_the_deadline()
    {
        await using var harness = new PublisherHarness();
        harness.Routes.Known.Add("orders");
        FakePublishSession session = harness.Open();
        Task<PublishReceipt> task = harness.Publish("a", timeout: TimeSpan.FromMilliseconds(10));
        await session.WrittenAsync(1);

        session.Channel.ReturnAndAck(1);
        harness.Time.Advance(TimeSpan.FromMilliseconds(50));

        Assert.Equal(312, (await Failed(task, PublishFailure.Unroutable)).ReplyCode);
    }

    [Fact]
    public async Task A_nacked_message_is_sent_again_after_a_rest()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");

        session.Channel.Nack(1);
        await session.QuietAsync();
        Assert.Single(session.Writes);
        harness.Time.Advance(LongestRest);
        await session.WrittenAsync(2);
        session.Channel.Ack(1);

        PublishReceipt receipt = await Confirmed(tasks[0]);
        Assert.Equal((2, 1), (receipt.Attempts, receipt.Nacks));
        Assert.Equal(1, harness.Counts.Replayed);
    }

    [Fact]
    public async Task Messages_nacked_together_go_again_in_their_order()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        await harness.PublishWrittenAsync(session, "a", "b", "c");

        session.Channel.Nack(3, multiple: true);
        harness.Time.Advance(LongestRest);
        await session.WrittenAsync(6);

        Assert.Equal(["a", "b", "c"], Texts(session.Writes.Skip(3)));
    }

    [Fact]
    public async Task A_nack_that_comes_inside_the_write_is_a_nack()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        session.OnWrite = static (channel, message) =>
        {
            if (message.Attempt is null)
            {
                channel.Nack(1);
            }
            else
            {
                channel.Ack(message.Tag);
            }
        };
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");
        await session.QuietAsync();

        harness.Time.Advance(LongestRest);

        Assert.Equal(2, (await Confirmed(tasks[0])).Attempts);
    }

    [Fact]
    public async Task A_message_nacked_until_its_deadline_is_refused_and_may_be_stored()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        session.OnWrite = static (channel, message) => channel.Nack(message.Tag);
        Task<PublishReceipt> task = harness.Publish("a", timeout: TimeSpan.FromSeconds(10));
        for (int copies = 1; copies <= 3; copies++)
        {
            await session.WrittenAsync(copies);
            await session.QuietAsync();
            harness.Time.Advance(LongestRest);
        }

        session.Block(true);
        await session.QuietAsync();
        harness.Time.Advance(TimeSpan.FromSeconds(10));

        PublishException error = await Failed(task, PublishFailure.Refused);
        Assert.True(error.MayBeStored);
        Assert.Null(error.ReplyCode);
        Assert.Equal(session.Writes.Count, error.Attempts);
        Assert.True(error.Attempts >= 3);
    }

    [Fact]
    public async Task A_missing_exchange_fails_the_message_to_it_alone()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt> before = harness.Publish("a");
        Task<PublishReceipt> guilty = harness.Publish("b", exchange: "missing");
        Task<PublishReceipt> after = harness.Publish("c");
        await session.WrittenAsync(3);

        session.AckAll();
        session.Channels[0].Close(404, "NOT_FOUND - no exchange 'missing' in vhost '/'");

        PublishException error = await Failed(guilty, PublishFailure.Refused);
        Assert.Equal((404, "NOT_FOUND - no exchange 'missing' in vhost '/'", false), (error.ReplyCode, error.ReplyText, error.MayBeStored));
        await Confirmed(before);
        await Confirmed(after);
        Assert.Equal(["a", "c"], Texts(session.Channel.Writes));
        Assert.Equal(2, session.Channels.Count);
    }

    [Fact]
    public async Task A_missing_exchange_that_the_application_declares_is_retried()
    {
        await using var harness = new PublisherHarness();
        harness.Routes.Known.Add("orders");
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");

        session.AckAll();
        session.Channels[0].Close(404, "NOT_FOUND - no exchange 'orders' in vhost '/'");
        await harness.Watch.UntilAsync(() => session.Channels.Count == 2);
        Assert.Equal(["orders"], harness.Routes.Suspects);
        harness.Time.Advance(LongestRest);

        Assert.Equal(2, (await Confirmed(tasks[0])).Attempts);
    }

    [Fact]
    public async Task A_closed_channel_that_names_nobody_is_searched_one_message_at_a_time()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b", "bad", "d");
        session.OnWrite = static (channel, message) =>
        {
            if (message.Is("bad"))
            {
                channel.Close(406, "PRECONDITION_FAILED - invalid expiration");
            }
            else
            {
                channel.Ack(message.Tag);
            }
        };

        session.Channels[0].Close(406, "PRECONDITION_FAILED - invalid expiration");

        Assert.Equal(406, (await Failed(tasks[2], PublishFailure.Refused)).ReplyCode);
        await Confirmed(tasks[0]);
        await Confirmed(tasks[1]);
        await Confirmed(tasks[3]);
        Assert.Equal(["a", "b", "bad"], Texts(session.Channels[1].Writes));
        Assert.Equal(["d"], Texts(session.Channels[2].Writes));
    }

    [Fact]
    public async Task Suspects_are_on_the_wire_one_at_a_time()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        await harness.PublishWrittenAsync(session, "a", "b", "c");

        session.Channels[0].Close(406, "PRECONDITION_FAILED");
        await session.WrittenAsync(4);
        await session.QuietAsync();

        Assert.Equal(["a"], Texts(session.Channel.Writes));
        session.Channel.Ack(1);
        await session.WrittenAsync(5);
        await session.QuietAsync();
        Assert.Equal(["a", "b"], Texts(session.Channel.Writes));
    }

    [Fact]
    public async Task After_the_search_the_whole_window_is_used_again()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] suspects = await harness.PublishWrittenAsync(session, "a", "b");
        session.AckAll();
        session.Channels[0].Close(406, "PRECONDITION_FAILED");
        await Confirmed(suspects[0]);
        await Confirmed(suspects[1]);
        session.OnWrite = null;

        await harness.PublishWrittenAsync(session, "c", "d", "e");

        Assert.Equal(["a", "b", "c", "d", "e"], Texts(session.Channel.Writes));
    }

    [Fact]
    public async Task A_lone_message_for_which_the_channel_is_closed_is_the_guilty_one()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");

        session.Channel.Close(406, "PRECONDITION_FAILED - message size 20000000 is larger than configured max size 16777216");

        await Failed(tasks[0], PublishFailure.Refused);
        Assert.Single(session.Writes);
    }
}

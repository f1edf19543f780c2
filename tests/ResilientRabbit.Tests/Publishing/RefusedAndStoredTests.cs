using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>What is said of a refused message whose first copy may have been taken.</summary>
public sealed class RefusedAndStoredTests
{
    [Fact]
    public async Task A_refused_message_may_be_stored_where_its_exchange_was_there_and_another_may_be_meant()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] before = await harness.PublishWrittenAsync(session, "x");
        session.Channel.Ack(1);
        await Confirmed(before[0]);
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b");

        // Deleted between the two: the first is in a queue, and its confirm was on the way.
        session.AckAll();
        session.Channels[0].Close(404, "NOT_FOUND - no exchange 'orders' in vhost '/'");

        Assert.True((await Failed(tasks[0], PublishFailure.Refused)).MayBeStored);
        await Confirmed(tasks[1]);
    }

    [Fact]
    public async Task Of_a_refused_message_the_same_is_said_when_all_confirms_before_came_before_their_writes_had_ended()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();
        await Confirmed(harness.Publish("x"));
        session.OnWrite = null;
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a", "b");

        session.AckAll();
        session.Channels[0].Close(404, "NOT_FOUND - no exchange 'orders' in vhost '/'");

        Assert.True((await Failed(tasks[0], PublishFailure.Refused)).MayBeStored);
        await Confirmed(tasks[1]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("key")]
    public async Task A_message_that_rests_in_the_place_of_another_is_not_said_to_have_kept_its_order(string? key)
    {
        await using var harness = new PublisherHarness();
        harness.Routes.Known.Add("orders");
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] before = await harness.PublishWrittenAsync(session, "x");
        session.Channel.Ack(1);
        await Confirmed(before[0]);
        Task<PublishReceipt>[] tasks = [harness.Publisher.PublishAsync(Message("a", key: key)).AsTask(), harness.Publisher.PublishAsync(Message("b", key: key)).AsTask()];
        await session.WrittenAsync(3);

        // Deleted and declared again: the first goes again after a rest, and is overtaken.
        session.AckAll();
        session.Channels[0].Close(404, "NOT_FOUND - no exchange 'orders' in vhost '/'");
        await Confirmed(tasks[1]);
        harness.Time.Advance(TimeSpan.FromSeconds(1.25));

        PublishReceipt overtaken = await Confirmed(tasks[0]);
        Assert.Equal(["b", "a"], Texts(session.Writes.TakeLast(2)));
        Assert.Equal(1, overtaken.Nacks);
    }
}

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
}

using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

public sealed class PublisherCloseTests
{
    [Fact]
    public async Task Closing_does_not_wait_for_a_transport_that_takes_no_more()
    {
        // The broker reads no more, while its heartbeats keep the session alive: blocked, for example.
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");
        session.SetRoom(false);
        Task<PublishReceipt> unsent = harness.Publish("b");
        await session.QuietAsync();

        Task closing = harness.Publisher.CloseAsync(TimeSpan.Zero);

        await Failed(tasks[0], PublishFailure.Unknown);
        await Failed(unsent, PublishFailure.NotSent);
        await closing.WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task A_message_of_a_batch_that_is_still_to_come_when_the_client_is_closed_was_not_sent()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 1 });
        FakePublishSession session = harness.Open();
        Task<PublishBatchResult> batch = harness.Publisher.PublishBatchAsync([Message("a"), Message("b"), Message("c")]).AsTask();
        await session.WrittenAsync(1);

        await harness.Publisher.CloseAsync(TimeSpan.Zero).WaitAsync(Watch.Limit);

        PublishBatchResult result = await batch.WaitAsync(Watch.Limit);
        Assert.Equal(
            [PublishFailure.Unknown, PublishFailure.NotSent, PublishFailure.NotSent],
            result.Outcomes.Select(static outcome => Assert.IsType<PublishException>(outcome.Error).Failure));
    }
}

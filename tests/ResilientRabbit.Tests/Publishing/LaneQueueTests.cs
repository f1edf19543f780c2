using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

public sealed class LaneQueueTests
{
    [Fact]
    public async Task A_message_of_which_a_copy_is_being_made_when_it_is_taken_back_is_not_given_to_another_caller()
    {
        // The stall probe copies the oldest message of a window, whose run turns out not to have been handed over.
        var factory = new MessageFactory();
        var queue = new LaneQueue();
        PendingMessage message = factory.CreateInFlight();
        Task<PublishReceipt> caller = message.AsValueTask().AsTask();
        Assert.True(message.TryBeginCopy(message.Version));

        queue.TakeBack([message]);
        Assert.True(message.EndWrite().IsNacked);
        queue.Rest(message);
        message.TrySettle(message.Version, SettleKind.Expired);
        message.Complete(default, new InvalidOperationException("expired"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => caller.WaitAsync(Watch.Limit));

        // The queue still holds it.
        Assert.NotSame(message, factory.Pool.Rent());
    }
}

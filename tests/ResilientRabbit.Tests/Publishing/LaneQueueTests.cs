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
        message.Complete(new InvalidOperationException("expired"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => caller.WaitAsync(Watch.Limit));

        // The queue still holds it.
        Assert.NotSame(message, factory.Pool.Rent());
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void What_was_not_sent_stays_under_suspicion_unless_it_is_settled(bool isSettled, int left)
    {
        var factory = new MessageFactory();
        var suspects = new SuspectLine(TimeProvider.System, TimeSpan.FromSeconds(5));
        var queue = new LaneQueue(suspects: suspects);
        PendingMessage message = factory.CreateInFlight();
        suspects.Begin(2);
        suspects.Sent();
        _ = isSettled && message.TrySettle(message.Version, SettleKind.Expired) == SettleResult.Settled;

        queue.TakeBack([message]);

        // As a lane does that finds its window empty afterwards.
        suspects.Answered();
        Assert.Equal(left, suspects.Left);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_copy_that_is_wanted_while_its_message_turns_out_not_to_have_been_sent_does_not_break_the_order(int place)
    {
        var factory = new MessageFactory();
        var queue = new LaneQueue();
        var window = new ConfirmWindow(10);
        PendingMessage[] run = [factory.Create(), factory.Create()];
        Assert.All(run, static message => Assert.True(message.TryBeginWrite()));
        ulong first = window.Add(run);

        // The writer, step by step, and at one of its places the stall probe.
        (PendingMessage Message, long Version)? copied = null;
        Probe(0);
        Assert.True(window.RemoveLast(first, run.Length));
        Probe(1);
        Assert.All(run, static message => Assert.True(message.EndWrite() is { IsSettled: false, IsNacked: false }));
        Probe(2);
        queue.TakeBack(run);
        Probe(3);
        if (copied is { } copy && copy.Message.EndWrite().IsNacked)
        {
            queue.Rest(copy.Message);
        }

        var ready = default(MessageList);
        Assert.True(queue.TakeRun(10, long.MaxValue, ref ready));
        Assert.Equal(run, [ready.Take()!, ready.Take()!]);

        void Probe(int at) => copied = at == place ? window.BeginCopy() : copied;
    }
}

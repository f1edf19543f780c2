using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

public sealed class PublishLedgerTests
{
    [Fact]
    public void The_message_above_the_limit_waits_for_room()
    {
        var factory = new MessageFactory(maxMessages: 2);
        PendingMessage first = factory.Admit(out _);
        factory.Admit(out Admission second);
        PendingMessage waiting = factory.Admit(out Admission third);

        Assert.Equal((Admission.Admitted, Admission.Waiting), (second, third));
        Assert.False(waiting.IsAdmitted);
        factory.Settle(first, SettleKind.Confirmed);

        Assert.True(waiting.IsAdmitted);
    }

    [Fact]
    public void The_message_that_may_not_wait_is_refused()
    {
        var factory = new MessageFactory(maxMessages: 1);
        factory.Admit(out _);

        factory.Admit(out Admission admission, mayWait: false);

        Assert.Equal(Admission.Refused, admission);
        Assert.Equal(1, factory.Ledger.Counts.Submitted);
    }

    [Fact]
    public void Bytes_are_limited_too()
    {
        var factory = new MessageFactory(maxBytes: 100);
        PendingMessage first = factory.Admit(out _, size: 60);
        factory.Admit(out Admission fits, size: 40);
        PendingMessage waiting = factory.Admit(out Admission tooMuch, size: 1);

        Assert.Equal((Admission.Admitted, Admission.Waiting), (fits, tooMuch));
        factory.Settle(first, SettleKind.Confirmed);

        Assert.True(waiting.IsAdmitted);
        Assert.Equal(41, factory.Ledger.Counts.PendingBytes);
    }

    [Fact]
    public void A_message_larger_than_the_limit_passes_when_nothing_is_pending()
    {
        var factory = new MessageFactory(maxBytes: 100);
        factory.Admit(out Admission alone, size: 500);
        factory.Admit(out Admission next, size: 1);

        Assert.Equal((Admission.Admitted, Admission.Waiting), (alone, next));
    }

    [Fact]
    public void A_message_larger_than_the_limit_waits_while_anything_is_pending()
    {
        var factory = new MessageFactory(maxBytes: 100);
        PendingMessage small = factory.Admit(out _, size: 1);
        PendingMessage large = factory.Admit(out Admission admission, size: 500);

        Assert.Equal(Admission.Waiting, admission);
        factory.Settle(small, SettleKind.Confirmed);

        Assert.True(large.IsAdmitted);
    }

    [Fact]
    public void One_lane_holds_at_most_half_when_there_are_several()
    {
        var factory = new MessageFactory(lanes: 2, maxMessages: 4, maxBytes: 100);
        factory.Admit(out _, lane: 0);
        factory.Admit(out _, lane: 0);
        factory.Admit(out Admission third, lane: 0);
        factory.Admit(out Admission other, lane: 1, size: 50);
        factory.Admit(out Admission otherBytes, lane: 1, size: 1);

        Assert.Equal((Admission.Waiting, Admission.Admitted, Admission.Waiting), (third, other, otherBytes));
    }

    [Fact]
    public void Those_who_wait_are_let_in_in_order()
    {
        var factory = new MessageFactory(maxMessages: 1);
        PendingMessage current = factory.Admit(out _);
        PendingMessage[] waiting = [.. Enumerable.Range(0, 5).Select(_ => factory.Admit(out Admission _))];

        foreach (PendingMessage next in waiting)
        {
            Assert.Equal(next, waiting.First(static message => !message.IsAdmitted));
            factory.Settle(current, SettleKind.Confirmed);
            Assert.True(next.IsAdmitted);
            current = next;
        }
    }

    [Fact]
    public void A_small_message_does_not_overtake_a_large_one_that_waits()
    {
        var factory = new MessageFactory(maxBytes: 100);
        factory.Admit(out _, size: 60);
        PendingMessage large = factory.Admit(out _, size: 50);
        factory.Admit(out Admission small, size: 1);

        Assert.Equal(Admission.Waiting, small);
        Assert.False(large.IsAdmitted);
    }

    [Fact]
    public void Those_who_wait_on_one_lane_do_not_hold_up_another()
    {
        var factory = new MessageFactory(lanes: 2, maxMessages: 4);
        factory.Admit(out _, lane: 0);
        factory.Admit(out _, lane: 0);
        factory.Admit(out Admission waiting, lane: 0);

        factory.Admit(out Admission other, lane: 1);

        Assert.Equal((Admission.Waiting, Admission.Admitted), (waiting, other));
    }

    [Fact]
    public async Task A_cancelled_waiter_counts_as_not_sent_once_and_makes_way()
    {
        using var source = new CancellationTokenSource();
        var factory = new MessageFactory(maxMessages: 1);
        PendingMessage first = factory.Admit(out _);
        PendingMessage cancelled = factory.Admit(out _, cancellationToken: source.Token);
        PendingMessage next = factory.Admit(out _);

        await source.CancelAsync();
        Assert.Equal((2, 1, 1), (factory.Ledger.Counts.Submitted, factory.Ledger.Counts.NotSent, factory.Ledger.Counts.Pending));
        factory.Settle(first, SettleKind.Confirmed);

        Assert.False(cancelled.IsAdmitted);
        Assert.True(next.IsAdmitted);
        Assert.Equal((3, 1, 1), (factory.Ledger.Counts.Submitted, factory.Ledger.Counts.NotSent, factory.Ledger.Counts.Pending));
        await PublisherHarness.Cancelled(cancelled.AsValueTask().AsTask(), PublishFailure.NotSent);
    }

    [Fact]
    public void A_message_cancelled_before_it_came_in_is_gone()
    {
        var factory = new MessageFactory();
        PendingMessage message = factory.Create();
        factory.Settle(message, SettleKind.Cancelled);

        Assert.Equal(Admission.Gone, factory.Ledger.Admit(message, mayWait: true, tellAdmission: false, out _));
        Assert.Equal((1, 1, 0), (factory.Ledger.Counts.Submitted, factory.Ledger.Counts.NotSent, factory.Ledger.Counts.Pending));
    }

    [Fact]
    public void Waiting_messages_past_their_deadline_are_collected()
    {
        var factory = new MessageFactory(maxMessages: 1);
        factory.Admit(out _);
        factory.Admit(out _, deadline: 20);
        PendingMessage early = factory.Admit(out _, deadline: 10);
        List<(PendingMessage Message, long Version)> expired = [];

        factory.Ledger.CollectWaiting(10, all: false, expired);

        Assert.Equal([(early, early.Version)], expired);
    }

    [Fact]
    public async Task The_caller_of_a_waiting_message_can_learn_of_its_admission()
    {
        var factory = new MessageFactory(maxMessages: 1);
        PendingMessage first = factory.Admit(out _);
        PendingMessage second = factory.Create();
        factory.Ledger.Admit(second, mayWait: true, tellAdmission: true, out Task? admitted);

        Assert.False(admitted!.IsCompleted);
        factory.Settle(first, SettleKind.Confirmed);

        await admitted.WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task Outcomes_and_pending_add_up_to_submitted_at_every_instant()
    {
        var factory = new MessageFactory(lanes: 3, maxMessages: 20, maxBytes: 1_000);
        bool isDone = false;
        Task reader = Task.Run(() =>
        {
            while (!Volatile.Read(ref isDone))
            {
                AssertBalanced(factory.Ledger.Counts);
            }
        });

        Task[] workers = [.. Enumerable.Range(0, 3).Select(lane => Task.Run(() => UseAtRandom(factory, lane)))];
        await Task.WhenAll(workers).WaitAsync(Watch.Limit);
        Volatile.Write(ref isDone, true);
        await reader.WaitAsync(Watch.Limit);

        Assert.Equal(0, factory.Ledger.Counts.Pending);
        Assert.Equal(0, factory.Ledger.Counts.PendingBytes);
        Assert.True(factory.Ledger.IsIdle);
    }

    private static void UseAtRandom(MessageFactory factory, int lane)
    {
        var random = new Random(lane);
        SettleKind[] kinds = [SettleKind.Confirmed, SettleKind.Expired, SettleKind.Returned, SettleKind.Rejected, SettleKind.Closed];
        List<PendingMessage> open = [];
        for (int step = 0; step < 4_000; step++)
        {
            if (random.Next(2) == 0)
            {
                open.Add(factory.Admit(out _, lane, size: random.Next(300)));
            }
            else if (open.Count > 0)
            {
                int index = random.Next(open.Count);
                factory.Settle(open[index], kinds[random.Next(kinds.Length)]);
                open.RemoveAt(index);
            }
        }

        open.ForEach(message => factory.Settle(message, SettleKind.Confirmed));
    }

    private static void AssertBalanced(PublishCounts counts)
    {
        Assert.Equal(counts.Submitted, counts.Confirmed + counts.NotSent + counts.Refused + counts.Unroutable + counts.Unknown + counts.Pending);
        Assert.InRange(counts.Pending, 0, 20 + 3);
        Assert.True(counts.PendingBytes >= 0);
    }
}

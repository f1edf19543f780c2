using ResilientRabbit.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

public sealed class PublishLedgerFlushTests
{
    [Fact]
    public void A_flush_of_nothing_is_done()
    {
        var ledger = new MessageFactory().Ledger;

        Assert.True(ledger.FlushAsync().IsCompletedSuccessfully);
        Assert.True(ledger.FlushAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void A_flush_waits_for_what_came_before_it_and_for_nothing_newer()
    {
        var factory = new MessageFactory();
        PendingMessage before = factory.Admit(out _);
        Task flush = factory.Ledger.FlushAsync();
        factory.Admit(out _);

        Assert.False(flush.IsCompleted);
        factory.Settle(before, SettleKind.Confirmed);

        Assert.True(flush.IsCompletedSuccessfully);
    }

    [Fact]
    public void Flushes_with_nothing_accepted_between_them_wait_for_the_same()
    {
        // Something that flushes again and again through an outage must not leave an entry for each try.
        var factory = new MessageFactory();
        PendingMessage pending = factory.Admit(out _);
        Task first = factory.Ledger.FlushAsync();

        Task again = factory.Ledger.FlushAsync();

        Assert.Same(first, again);
        Assert.False(again.IsCompleted);
        factory.Settle(pending, SettleKind.Confirmed);
        Assert.True(again.IsCompletedSuccessfully);
        Assert.True(factory.Ledger.FlushAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void A_later_flush_waits_for_the_earlier_messages_too()
    {
        var factory = new MessageFactory();
        PendingMessage first = factory.Admit(out _);
        Task early = factory.Ledger.FlushAsync();
        PendingMessage second = factory.Admit(out _);
        Task late = factory.Ledger.FlushAsync();

        factory.Settle(second, SettleKind.Confirmed);
        Assert.False(late.IsCompleted);
        factory.Settle(first, SettleKind.Confirmed);

        Assert.True(early.IsCompletedSuccessfully);
        Assert.True(late.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_flush_waits_for_those_who_wait_for_room()
    {
        var factory = new MessageFactory(maxMessages: 1);
        PendingMessage first = factory.Admit(out _);
        PendingMessage second = factory.Admit(out _);
        Task flush = factory.Ledger.FlushAsync();

        factory.Settle(first, SettleKind.Confirmed);
        Assert.False(flush.IsCompleted);
        factory.Settle(second, SettleKind.Confirmed);

        Assert.True(flush.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_closed_ledger_admits_nothing_and_is_done_when_the_last_is_settled()
    {
        var factory = new MessageFactory();
        PendingMessage last = factory.Admit(out _);

        Task closing = factory.Ledger.CloseAsync();
        factory.Admit(out Admission admission);
        Assert.Equal(Admission.Closed, admission);
        Assert.False(closing.IsCompleted);
        factory.Settle(last, SettleKind.Confirmed);

        Assert.True(closing.IsCompletedSuccessfully);
        Assert.True(factory.Ledger.IsIdle);
    }

    [Fact]
    public void Confirms_of_one_ack_count_for_the_lane_and_the_flush_that_each_belongs_to()
    {
        var factory = new MessageFactory(lanes: 2);
        PendingMessage first = factory.Admit(out _, lane: 0, size: 10);
        Task early = factory.Ledger.FlushAsync();
        PendingMessage second = factory.Admit(out _, lane: 0, size: 20);
        PendingMessage third = factory.Admit(out _, lane: 1, size: 30);
        Task late = factory.Ledger.FlushAsync();

        factory.Ledger.ReleaseConfirmed(Chain(second, third));

        Assert.False(early.IsCompleted);
        Assert.False(late.IsCompleted);
        Assert.Equal((1, 0), (factory.Ledger.PendingOn(0), factory.Ledger.PendingOn(1)));
        Assert.Equal((3, 2, 1, 10), (factory.Ledger.Counts.Submitted, factory.Ledger.Counts.Confirmed, factory.Ledger.Counts.Pending, factory.Ledger.Counts.PendingBytes));
        factory.Ledger.ReleaseConfirmed(Chain(first));
        Assert.True(early.IsCompletedSuccessfully);
        Assert.True(late.IsCompletedSuccessfully);
        Assert.Equal((3, 0, 0), (factory.Ledger.Counts.Confirmed, factory.Ledger.Counts.Pending, factory.Ledger.Counts.PendingBytes));
    }

    [Fact]
    public void Confirms_of_one_ack_from_both_sides_of_a_flush_end_it()
    {
        var factory = new MessageFactory();
        PendingMessage first = factory.Admit(out _);
        Task flush = factory.Ledger.FlushAsync();
        PendingMessage second = factory.Admit(out _);

        factory.Ledger.ReleaseConfirmed(Chain(first, second));

        Assert.True(flush.IsCompletedSuccessfully);
        Assert.True(factory.Ledger.FlushAsync().IsCompletedSuccessfully);
    }

    /// <summary>As an answer of the window links them.</summary>
    private static PendingMessage Chain(params PendingMessage[] messages)
    {
        for (int index = 0; index < messages.Length; index++)
        {
            messages[index].Next = index + 1 < messages.Length ? messages[index + 1] : null;
        }

        return messages[0];
    }
}

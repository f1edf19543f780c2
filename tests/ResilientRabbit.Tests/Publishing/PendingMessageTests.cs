using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

public sealed class PendingMessageTests
{
    private readonly MessageFactory _factory = new();

    [Fact]
    public void A_queued_message_can_be_taken_for_writing_once()
    {
        PendingMessage message = _factory.Create();

        Assert.True(message.TryBeginWrite());
        Assert.False(message.TryBeginWrite());
        Assert.Equal(WriteEnd.InFlight, message.EndWrite());
        Assert.False(message.TryBeginWrite());
        Assert.True(message.IsInFlight);
    }

    [Fact]
    public void A_message_settled_before_the_write_is_a_tombstone()
    {
        PendingMessage message = _factory.Create();

        Assert.Equal(SettleResult.Settled, message.TrySettle(message.Version, SettleKind.Cancelled));

        Assert.True(message.IsSettled);
        Assert.False(message.TryBeginWrite());
    }

    [Theory]
    [InlineData((int)SettleKind.Confirmed)]
    [InlineData((int)SettleKind.Returned)]
    [InlineData((int)SettleKind.Expired)]
    [InlineData((int)SettleKind.Cancelled)]
    [InlineData((int)SettleKind.Closed)]
    public void Settling_while_the_body_is_copied_is_left_to_the_writer(int kind)
    {
        PendingMessage message = _factory.Create();
        message.TryBeginWrite();

        Assert.Equal(SettleResult.Deferred, message.TrySettle(message.Version, (SettleKind)kind));
        Assert.False(message.IsSettled);
        Assert.Equal(SettleResult.TooLate, message.TrySettle(message.Version, SettleKind.Expired));

        Assert.Equal(new WriteEnd(true, false, (SettleKind)kind), message.EndWrite());
        Assert.True(message.IsSettled);
    }

    [Fact]
    public void A_nack_while_the_body_is_copied_queues_the_message_again_when_the_copy_ends()
    {
        PendingMessage message = _factory.Create();
        message.TryBeginWrite();

        Assert.Equal(SettleResult.Deferred, message.TryTakeBack(message.Version));
        Assert.False(message.TryBeginWrite());

        Assert.Equal(WriteEnd.Nacked, message.EndWrite());
        Assert.True(message.TryBeginWrite());
    }

    [Fact]
    public void A_message_in_flight_is_settled_by_the_first_only()
    {
        PendingMessage message = _factory.CreateInFlight();

        Assert.Equal(SettleResult.Settled, message.TrySettle(message.Version, SettleKind.Confirmed));
        Assert.Equal(SettleResult.TooLate, message.TrySettle(message.Version, SettleKind.Expired));
        Assert.Equal(SettleResult.TooLate, message.TryTakeBack(message.Version));
    }

    [Fact]
    public void A_message_in_flight_can_be_taken_back_once()
    {
        PendingMessage message = _factory.CreateInFlight();

        Assert.Equal(SettleResult.Settled, message.TryTakeBack(message.Version));
        Assert.Equal(SettleResult.TooLate, message.TryTakeBack(message.Version));
        Assert.True(message.TryBeginWrite());
    }

    [Fact]
    public void A_copy_is_made_of_a_message_in_flight_only()
    {
        PendingMessage queued = _factory.Create();
        PendingMessage inFlight = _factory.CreateInFlight();

        Assert.False(queued.TryBeginCopy(queued.Version));
        Assert.False(inFlight.TryBeginCopy(inFlight.Version - 1));
        Assert.True(inFlight.TryBeginCopy(inFlight.Version));
    }

    [Fact]
    public async Task An_object_that_was_reused_is_safe_from_the_answers_of_its_former_life()
    {
        PendingMessage message = _factory.CreateInFlight();
        long former = message.Version;
        await EndAsync(message);

        PendingMessage reused = _factory.CreateInFlight();

        Assert.Same(message, reused);
        Assert.NotEqual(former, reused.Version);
        Assert.Equal(SettleResult.TooLate, reused.TrySettle(former, SettleKind.Confirmed));
        Assert.Equal(SettleResult.TooLate, reused.TryTakeBack(former));
        Assert.False(reused.TryBeginCopy(former));
        Assert.True(reused.IsInFlight);
    }

    [Fact]
    public async Task A_reused_object_remembers_nothing()
    {
        PendingMessage message = _factory.CreateInFlight();
        message.Nacks = message.Answered = 2;
        message.Reply = (312, "NO_ROUTE");
        message.Headers["mine"] = 1;
        await EndAsync(message);

        PendingMessage reused = _factory.Create();

        Assert.Same(message, reused);
        Assert.Equal((0, 0, 0, (0, null)), (reused.Attempts, reused.Nacks, reused.Answered, reused.Reply));
        Assert.Equal(reused.PublishId, Assert.Single(reused.Headers).Value);
    }

    [Fact]
    public async Task The_object_is_not_reused_before_the_result_was_taken()
    {
        PendingMessage message = _factory.CreateInFlight();
        Task<PublishReceipt> result = message.AsValueTask().AsTask();
        message.TrySettle(message.Version, SettleKind.Confirmed);
        message.ReleaseReference();

        Assert.NotSame(message, _factory.Create());

        PublishReceipt receipt = message.ToReceipt();
        message.Complete(null);
        Assert.Equal(receipt, await result.WaitAsync(Watch.Limit));
        Assert.Same(message, _factory.Create());
    }

    [Fact]
    public async Task An_object_whose_token_was_cancelled_is_never_reused()
    {
        using var source = new CancellationTokenSource();
        PendingMessage message = _factory.Admit(out _, cancellationToken: source.Token);
        Task<PublishReceipt> result = message.AsValueTask().AsTask();

        await source.CancelAsync();
        await Assert.ThrowsAsync<PublishCanceledException>(() => result.WaitAsync(Watch.Limit));
        message.ReleaseReference();

        Assert.NotSame(message, _factory.Create());
    }

    [Fact]
    public async Task Cancellation_before_the_write_says_not_sent()
    {
        using var source = new CancellationTokenSource();
        PendingMessage message = _factory.Admit(out _, cancellationToken: source.Token);
        Task<PublishReceipt> result = message.AsValueTask().AsTask();

        await source.CancelAsync();

        PublishCanceledException error = await PublisherHarness.Cancelled(result, PublishFailure.NotSent);
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Equal(message.MessageId, error.MessageId);
        Assert.False(message.TryBeginWrite());
    }

    [Fact]
    public async Task Cancellation_after_the_write_says_unknown()
    {
        using var source = new CancellationTokenSource();
        PendingMessage message = _factory.Admit(out _, cancellationToken: source.Token);
        Task<PublishReceipt> result = message.AsValueTask().AsTask();
        message.TryBeginWrite();
        message.Attempts++;
        message.EndWrite();

        await source.CancelAsync();

        await PublisherHarness.Cancelled(result, PublishFailure.Unknown);
        Assert.Equal(1, _factory.Ledger.Counts.Unknown);
    }

    [Fact]
    public async Task Each_message_has_one_outcome_when_confirm_cancellation_deadline_and_writer_race()
    {
        const int Rounds = 3_000;
        for (int round = 0; round < Rounds; round++)
        {
            using var source = new CancellationTokenSource();
            PendingMessage message = _factory.Admit(out _, cancellationToken: source.Token);
            Task<PublishReceipt> result = message.AsValueTask().AsTask();
            long version = message.Version;
            using var start = new Barrier(4);

            await Task.WhenAll(
                Race(start, () => Write(message)),
                Race(start, () => message.Lane.Settle(message, version, SettleKind.Confirmed)),
                Race(start, () => message.Lane.Settle(message, version, SettleKind.Expired)),
                Race(start, source.Cancel)).WaitAsync(Watch.Limit);

            await Task.WhenAny(result).WaitAsync(Watch.Limit);
            Assert.True(message.IsSettled);
        }

        PublishCounts counts = _factory.Ledger.Counts;
        Assert.Equal((Rounds, Rounds, 0), (counts.Submitted, counts.Confirmed + counts.NotSent + counts.Unknown, counts.Pending));
    }

    private void Write(PendingMessage message)
    {
        if (message.TryBeginWrite())
        {
            message.Attempts++;
            WriteEnd end = message.EndWrite();
            if (end.IsSettled)
            {
                _factory.Context.Finish(message, end.Kind);
            }
        }
    }

    private static Task Race(Barrier start, Action action) => Task.Factory.StartNew(
        () =>
        {
            start.SignalAndWait(Watch.Limit);
            action();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <summary>Confirms the message, takes the result and lets go of the engine's reference.</summary>
    private static async Task EndAsync(PendingMessage message)
    {
        Task<PublishReceipt> result = message.AsValueTask().AsTask();
        message.TrySettle(message.Version, SettleKind.Confirmed);
        message.Complete(null);
        await result.WaitAsync(Watch.Limit);
        message.ReleaseReference();
    }
}

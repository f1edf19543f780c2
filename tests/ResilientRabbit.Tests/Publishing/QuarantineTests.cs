using ResilientRabbit.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

public sealed class QuarantineTests
{
    private const string NoExchange = "NOT_FOUND - no exchange 'orders' in vhost '/'";

    private readonly MessageFactory _factory = new(lanes: 2);

    private Quarantine Quarantine => _factory.Context.Quarantine;

    public QuarantineTests() => Quarantine.Lane = _factory.Lanes[1];

    [Fact]
    public void Nothing_is_taken_before_anything_was_refused()
    {
        Assert.True(Quarantine.IsEmpty);
        Assert.Equal(Verdict.Free, Judge(_factory.Create()));
    }

    [Fact]
    public void What_shares_the_exchange_of_a_refused_message_is_taken()
    {
        Quarantine.Blame(_factory.Create(), 404, NoExchange);

        Assert.False(Quarantine.IsEmpty);
        Assert.Equal(Verdict.Taken, Judge(_factory.Create()));
    }

    [Theory]
    [InlineData(404, "NOT_FOUND - no exchange 'others' in vhost '/'")]
    [InlineData(406, "PRECONDITION_FAILED - invalid message")]
    [InlineData(406, "PRECONDITION_FAILED - message size 1 is larger than configured max size 0")]
    [InlineData(541, NoExchange)]
    public void Words_that_do_not_point_at_the_message_are_held_against_nobody(int replyCode, string replyText)
    {
        Quarantine.Blame(_factory.Create(), replyCode, replyText);

        Assert.True(Quarantine.IsEmpty);
    }

    [Fact]
    public void A_message_of_another_exchange_stays_on_its_lane()
    {
        Quarantine.Blame(Other("missing"), 404, "NOT_FOUND - no exchange 'missing' in vhost '/'");

        Assert.Equal(Verdict.Free, Judge(_factory.Create()));
    }

    [Theory]
    [InlineData(100, Verdict.Free)]
    [InlineData(101, Verdict.Taken)]
    public void The_limit_is_learned_from_the_words_of_the_broker(int size, object expected)
    {
        Quarantine.Blame(_factory.Create(size: 5000), 406, "PRECONDITION_FAILED - message size 5000 is larger than configured max size 100");

        Assert.Equal(expected, Judge(_factory.Create(size: size)));
    }

    [Fact]
    public void A_message_with_an_ordering_key_of_the_caller_stays_on_its_lane()
    {
        Quarantine.Blame(_factory.Create(), 404, NoExchange);

        Assert.Equal(Verdict.Free, Judge(Other("orders", "key")));
    }

    [Fact]
    public void Older_messages_of_its_kind_on_the_wire_are_waited_for()
    {
        long drainedAt = Quarantine.Count;
        Quarantine.Blame(_factory.Create(), 404, NoExchange);
        PendingMessage message = _factory.Create();

        Assert.Equal(Verdict.Later, Quarantine.Judge(message, drainedAt));
        Assert.Equal(Verdict.Taken, Quarantine.Judge(message, Quarantine.Count));
    }

    [Fact]
    public void It_ends_when_one_was_confirmed_none_is_pending_and_the_term_is_over()
    {
        Quarantine.Blame(_factory.Create(), 404, NoExchange);
        PendingMessage confirmed = Admitted();
        PendingMessage pending = Admitted();
        _factory.Settle(confirmed, SettleKind.Confirmed);

        Assert.Equal(Verdict.Taken, Judge(_factory.Create(), thenLeave: true));
        _factory.Time.Advance(Quarantine.Term);
        Assert.Equal(Verdict.Taken, Judge(_factory.Create(), thenLeave: true));
        _factory.Settle(pending, SettleKind.Expired);
        Assert.Equal(Verdict.Free, Judge(_factory.Create()));
        Assert.True(Quarantine.IsEmpty);
    }

    [Fact]
    public void It_does_not_end_by_time_alone()
    {
        Quarantine.Blame(_factory.Create(), 404, NoExchange);
        _factory.Settle(Admitted(), SettleKind.Rejected);
        _factory.Time.Advance(Quarantine.Term * 100);

        Assert.Equal(Verdict.Taken, Judge(_factory.Create()));
    }

    [Fact]
    public void A_refusal_begins_the_term_anew()
    {
        Quarantine.Blame(_factory.Create(), 404, NoExchange);
        _factory.Settle(Admitted(), SettleKind.Confirmed);
        _factory.Time.Advance(Quarantine.Term / 2);
        Quarantine.Blame(_factory.Create(), 404, NoExchange);
        _factory.Settle(Admitted(), SettleKind.Confirmed);
        _factory.Time.Advance(Quarantine.Term / 2);

        Assert.Equal(Verdict.Taken, Judge(_factory.Create(), thenLeave: true));
        _factory.Time.Advance(Quarantine.Term / 2);
        Assert.Equal(Verdict.Free, Judge(_factory.Create()));
    }

    [Fact]
    public void So_many_offences_are_remembered_and_the_oldest_goes_first()
    {
        for (int number = 0; number <= Quarantine.MaxOffences; number++)
        {
            _factory.Time.Advance(TimeSpan.FromSeconds(1));
            Quarantine.Blame(Other($"x{number}"), 404, $"NOT_FOUND - no exchange 'x{number}' in vhost '/'");
        }

        Assert.Equal(Verdict.Free, Judge(Other("x0")));
        Assert.Equal(Verdict.Taken, Judge(Other("x1")));
        Assert.Equal(Verdict.Taken, Judge(Other($"x{Quarantine.MaxOffences}")));
    }

    [Fact]
    public async Task What_is_cancelled_after_it_was_taken_is_swept_from_the_lane_that_has_it()
    {
        Quarantine.Blame(_factory.Create(), 404, NoExchange);
        using var source = new CancellationTokenSource();
        PendingMessage[] messages = [.. Enumerable.Range(0, 300).Select(_ => _factory.Admit(out Admission _, cancellationToken: source.Token))];
        var taken = default(MessageList);
        foreach (PendingMessage message in messages)
        {
            Assert.Equal(Verdict.Taken, Judge(message));
            taken.Add(message);
        }

        Lane lane = Quarantine.Lane!;
        lane.Enqueue(ref taken);
        await source.CancelAsync();
        Assert.Contains(messages, static message => message.Next is not null);

        lane.Tick(0, []);

        Assert.All(messages, static message => Assert.Null(message.Next));
    }

    private PendingMessage Other(string exchange, string? key = null)
    {
        PendingMessage message = _factory.Create();
        message.Begin(new OutboundMessage { Exchange = exchange, RoutingKey = "eu", OrderingKey = key }, _factory.Lanes[0], mandatory: true, long.MaxValue, null, 0);
        return message;
    }

    /// <summary>A message that was admitted and is in quarantine.</summary>
    private PendingMessage Admitted()
    {
        PendingMessage message = _factory.Admit(out _);
        Assert.Equal(Verdict.Taken, Judge(message));
        return message;
    }

    private Verdict Judge(PendingMessage message, bool thenLeave = false)
    {
        Verdict verdict = Quarantine.Judge(message, Quarantine.Count);
        if (thenLeave)
        {
            message.SetOutcome(new InvalidOperationException());
        }

        return verdict;
    }
}

using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>The checker itself: a sane history is green, and each kind of fault turns it red by its own count.</summary>
public sealed class HistoryCheckerTests
{
    private readonly List<SentMessage> _sent = [];
    private readonly List<FoundMessage> _found = [];

    public HistoryCheckerTests()
    {
        for (int sequence = 0; sequence < 3; sequence++)
        {
            Store(Send($"a{sequence}", "a", sequence, SentOutcome.Confirmed));
            Store(Send($"b{sequence}", "b", sequence, SentOutcome.Confirmed));
        }
    }

    [Fact]
    public void A_sane_history_is_safe()
    {
        Verdict verdict = Check();

        Assert.True(verdict.IsSafe, verdict.ToString());
        Assert.Equal((6, 6, 6, 0), (verdict.Attempted, verdict.Acknowledged, verdict.Found, verdict.Duplicates));
    }

    [Fact]
    public void An_empty_history_is_safe() => Assert.True(HistoryChecker.Check([], []).IsSafe);

    [Fact]
    public void Honest_failures_are_safe()
    {
        Send("n", "a", 3, SentOutcome.NotSent);
        Send("r", "a", 4, SentOutcome.Refused);
        Send("u", "a", 5, SentOutcome.Unroutable);
        Send("k", "a", 6, SentOutcome.Unknown);
        Store(Send("l", "a", 7, SentOutcome.Unknown));

        Verdict verdict = Check();

        Assert.True(verdict.IsSafe, verdict.ToString());
        Assert.Equal((3, 2, 1), (verdict.Failed, verdict.Unknown, verdict.Recovered));
    }

    [Fact]
    public void A_marked_duplicate_of_a_message_that_was_sent_again_is_safe()
    {
        SentMessage message = Send("d", "a", 3, SentOutcome.Confirmed, attempts: 2);
        Store(message);
        Store(message, isMarked: true);

        Verdict verdict = Check();

        Assert.True(verdict.IsSafe, verdict.ToString());
        Assert.Equal(1, verdict.Duplicates);
    }

    [Fact]
    public void The_marked_copy_may_come_before_the_original()
    {
        SentMessage message = Send("d", "a", 3, SentOutcome.Confirmed, attempts: 2);
        Store(message, isMarked: true);
        Store(message);

        Assert.True(Check().IsSafe);
    }

    [Fact]
    public void A_confirmed_message_that_is_not_there_is_lost()
    {
        Send("x", "a", 3, SentOutcome.Confirmed);

        Verdict verdict = Check();

        Assert.Equal(1, verdict.Lost);
        Assert.False(verdict.IsSafe);
        Assert.True(verdict.IsSafeApartFromLoss);
    }

    [Fact]
    public void A_message_that_was_not_sent_and_is_there_is_a_phantom()
    {
        Store(Send("x", "a", 3, SentOutcome.NotSent));

        AssertUnsafe(static verdict => verdict.Phantom);
    }

    [Fact]
    public void A_message_that_nobody_sent_is_unexpected()
    {
        _found.Add(new FoundMessage("x", "a", 3, false, true));

        AssertUnsafe(static verdict => verdict.Unexpected);
    }

    [Fact]
    public void A_changed_body_is_corrupt()
    {
        Send("x", "a", 3, SentOutcome.Confirmed);
        _found.Add(new FoundMessage("x", "?", 0, false, false));

        AssertUnsafe(static verdict => verdict.Corrupt);
    }

    [Fact]
    public void A_message_without_outcome_hangs()
    {
        Send("x", "a", 3, SentOutcome.None);

        AssertUnsafe(static verdict => verdict.Hung);
    }

    [Fact]
    public void A_confirmed_message_behind_a_later_one_of_its_key_is_out_of_order()
    {
        SentMessage earlier = Send("x", "a", 3, SentOutcome.Confirmed);
        Store(Send("y", "a", 4, SentOutcome.Confirmed));
        Store(earlier);

        AssertUnsafe(static verdict => verdict.Disorder);
    }

    [Fact]
    public void Order_is_claimed_within_a_key_only()
    {
        SentMessage earlier = Send("x", "a", 3, SentOutcome.Confirmed);
        Store(Send("y", "b", 4, SentOutcome.Confirmed));
        Store(earlier);

        Assert.True(Check().IsSafe);
    }

    [Fact]
    public void Order_is_claimed_for_confirmed_messages_only()
    {
        SentMessage earlier = Send("x", "a", 3, SentOutcome.Unknown);
        Store(Send("y", "a", 4, SentOutcome.Confirmed));
        Store(earlier);

        Assert.True(Check().IsSafe);
    }

    [Fact]
    public void Order_is_that_of_the_first_copies()
    {
        SentMessage earlier = Send("x", "a", 3, SentOutcome.Confirmed, attempts: 2);
        Store(earlier);
        Store(Send("y", "a", 4, SentOutcome.Confirmed));
        Store(earlier, isMarked: true);

        Assert.True(Check().IsSafe);
    }

    [Fact]
    public void A_duplicate_without_a_mark_is_unsafe()
    {
        SentMessage message = Send("x", "a", 3, SentOutcome.Confirmed, attempts: 2);
        Store(message);
        Store(message);

        AssertUnsafe(static verdict => verdict.UnmarkedDuplicates);
    }

    [Fact]
    public void A_duplicate_of_a_message_that_was_sent_once_is_unsafe()
    {
        SentMessage message = Send("x", "a", 3, SentOutcome.Confirmed, attempts: 1);
        Store(message);
        Store(message, isMarked: true);

        AssertUnsafe(static verdict => verdict.UnexplainedDuplicates);
    }

    private void AssertUnsafe(Func<Verdict, int> count)
    {
        Verdict verdict = Check();

        Assert.True(count(verdict) == 1, verdict.ToString());
        Assert.False(verdict.IsSafe);
        Assert.False(verdict.IsSafeApartFromLoss);
    }

    private Verdict Check() => HistoryChecker.Check(_sent, _found);

    private SentMessage Send(string id, string key, int sequence, SentOutcome outcome, int attempts = 1)
    {
        var message = new SentMessage { Id = id, Key = key, Sequence = sequence, Submitted = 0, Outcome = outcome, Attempts = attempts };
        _sent.Add(message);
        return message;
    }

    private void Store(SentMessage message, bool isMarked = false) => _found.Add(new FoundMessage(message.Id, message.Key, message.Sequence, isMarked, true));
}

using ResilientRabbit.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

public sealed class ConfirmWindowTests
{
    private readonly MessageFactory _factory = new();
    private readonly ConfirmWindow _window = new(16);

    [Fact]
    public void Tags_count_from_one()
    {
        Assert.Equal(1UL, _window.Add(_factory.CreateInFlight()));
        Assert.Equal(2UL, _window.Add(_factory.CreateInFlight()));
        Assert.Equal(2, _window.Count);
    }

    [Fact]
    public void A_single_answer_takes_out_its_message_only()
    {
        PendingMessage[] messages = Add(3);

        Assert.Equal([messages[1]], Answer(2));
        Assert.Equal(2, _window.Count);
    }

    [Fact]
    public void A_multiple_answer_takes_out_everything_up_to_its_tag_in_order()
    {
        PendingMessage[] messages = Add(4);

        Assert.Equal(messages[..3], Answer(3, multiple: true));
        Assert.Equal(1, _window.Count);
    }

    [Fact]
    public void A_multiple_answer_leaves_out_what_was_answered_before()
    {
        PendingMessage[] messages = Add(3);
        Answer(2);

        Assert.Equal([messages[0], messages[2]], Answer(3, multiple: true));
    }

    [Fact]
    public void Multiple_with_tag_zero_means_all()
    {
        PendingMessage[] messages = Add(3);

        Assert.Equal(messages, Answer(0, multiple: true));
        Assert.Equal(0, _window.Count);
    }

    [Fact]
    public void Answers_in_reverse_order_each_find_their_message()
    {
        PendingMessage[] messages = Add(3);

        Assert.Equal([messages[2]], Answer(3));
        Assert.Equal([messages[1]], Answer(2));
        Assert.Equal([messages[0]], Answer(1));
        Assert.Equal(0, _window.Count);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [InlineData(ulong.MaxValue, false)]
    [InlineData(ulong.MaxValue, true)]
    public void Duplicate_unknown_and_future_tags_change_nothing(ulong tag, bool multiple)
    {
        PendingMessage[] messages = Add(2);
        Answer(1);
        long progress = _window.Progress;

        Assert.Empty(Answer(tag, multiple));
        Assert.Equal(progress, _window.Progress);
        Assert.Equal([messages[1]], Answer(2));
    }

    [Fact]
    public void Progress_counts_what_was_taken_out()
    {
        Add(5);

        Answer(2);
        Answer(4, multiple: true);

        Assert.Equal(4, _window.Progress);
    }

    [Fact]
    public void A_hole_wider_than_the_ring_lets_it_grow()
    {
        PendingMessage oldest = Add(1)[0];
        for (int round = 0; round < 1_000; round++)
        {
            PendingMessage message = _factory.CreateInFlight();
            ulong tag = _window.Add(message);
            Assert.Equal([message], Answer(tag));
        }

        Assert.Equal(1, _window.Count);
        Assert.Equal([oldest], Answer(1));
    }

    [Fact]
    public void There_is_room_below_the_limit_only()
    {
        Add(3);

        Assert.True(_window.HasRoom(4));
        Assert.False(_window.HasRoom(3));
        Add(13);
        Assert.False(_window.HasRoom(1_000));
    }

    [Fact]
    public void The_last_message_can_be_taken_back_and_its_tag_is_used_again()
    {
        PendingMessage[] messages = Add(2);

        Assert.True(_window.RemoveLast(2));
        PendingMessage next = Add(1)[0];

        Assert.Equal([next], Answer(2));
        Assert.Equal([messages[0]], Answer(1));
    }

    [Fact]
    public void What_is_not_the_last_or_was_answered_cannot_be_taken_back()
    {
        Add(2);
        Assert.False(_window.RemoveLast(1));

        Answer(2);

        Assert.False(_window.RemoveLast(2));
        Assert.Equal(1, _window.Count);
    }

    [Fact]
    public void A_message_that_was_returned_is_told_apart_by_its_answer()
    {
        PendingMessage[] messages = Add(3);

        _window.MarkReturned(messages[1].PublishId, 312, "NO_ROUTE");
        _window.Answer(3, multiple: true, out PendingMessage? plain, out PendingMessage? returned);

        Assert.Equal([messages[0], messages[2]], Chain(plain));
        Assert.Equal([messages[1]], Chain(returned));
        Assert.Equal((312, "NO_ROUTE"), messages[1].Reply);
    }

    [Fact]
    public void Returns_are_found_in_any_order()
    {
        PendingMessage[] messages = Add(6);

        foreach (int index in (int[])[1, 4, 0, 5, 2])
        {
            _window.MarkReturned(messages[index].PublishId, 312, "NO_ROUTE");
        }

        _window.Answer(0, multiple: true, out PendingMessage? plain, out PendingMessage? returned);
        Assert.Equal([messages[3]], Chain(plain));
        Assert.Equal([messages[0], messages[1], messages[2], messages[4], messages[5]], Chain(returned));
    }

    [Fact]
    public void A_return_of_an_unknown_message_marks_nothing()
    {
        PendingMessage[] messages = Add(2);

        _window.MarkReturned(0, 312, "NO_ROUTE");
        _window.MarkReturned(long.MaxValue, 312, "NO_ROUTE");

        Assert.Equal(messages, Answer(2, multiple: true));
    }

    [Fact]
    public void Expired_messages_are_collected_and_keep_their_tags()
    {
        PendingMessage[] messages = [_factory.CreateInFlight(deadline: 30), _factory.CreateInFlight(deadline: 10), _factory.CreateInFlight(deadline: 20)];
        Array.ForEach(messages, message => _window.Add(message));

        Assert.Empty(Expired(9));
        Assert.Equal([messages[1]], Expired(10));
        _factory.Settle(messages[1], SettleKind.Expired);
        Assert.Equal([messages[2]], Expired(20));
        Assert.Equal(3, _window.Count);
        Assert.Equal([messages[1]], Answer(2));
    }

    [Fact]
    public void All_can_be_collected_whatever_their_deadline()
    {
        PendingMessage[] messages = Add(3);
        _factory.Settle(messages[1], SettleKind.Cancelled);
        List<(PendingMessage Message, long Version)> all = [];

        _window.CollectExpired(0, all: true, all);

        Assert.Equal([messages[0], messages[2]], all.Select(static entry => entry.Message));
    }

    [Fact]
    public void The_oldest_is_the_first_that_is_still_in_flight()
    {
        PendingMessage[] messages = Add(3);
        Answer(1);
        _factory.Settle(messages[1], SettleKind.Cancelled);

        Assert.Equal((messages[2], messages[2].Version), _window.Oldest());
    }

    [Fact]
    public void An_empty_window_has_no_oldest() => Assert.Null(_window.Oldest());

    private PendingMessage[] Add(int count)
    {
        PendingMessage[] messages = [.. Enumerable.Range(0, count).Select(_ => _factory.CreateInFlight())];
        Array.ForEach(messages, message => _window.Add(message));
        return messages;
    }

    private List<PendingMessage> Answer(ulong tag, bool multiple = false)
    {
        _window.Answer(tag, multiple, out PendingMessage? plain, out PendingMessage? returned);
        Assert.Null(returned);
        return Chain(plain);
    }

    private List<PendingMessage> Expired(long now)
    {
        List<(PendingMessage Message, long Version)> expired = [];
        _window.CollectExpired(now, all: false, expired);
        return [.. expired.Select(static entry => entry.Message)];
    }

    private static List<PendingMessage> Chain(PendingMessage? first)
    {
        List<PendingMessage> chain = [];
        for (PendingMessage? message = first; message is not null; message = message.Next)
        {
            chain.Add(message);
        }

        return chain;
    }
}

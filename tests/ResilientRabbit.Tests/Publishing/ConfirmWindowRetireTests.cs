using ResilientRabbit.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>The end of a window, and what it still understands after.</summary>
public sealed class ConfirmWindowRetireTests
{
    private readonly MessageFactory _factory = new();
    private readonly ConfirmWindow _window = new(16);

    [Fact]
    public void Retiring_gives_what_is_unanswered_in_the_order_of_the_tags()
    {
        PendingMessage[] messages = Add(5);
        _window.Answer(2, multiple: false, out _, out _);
        _window.Answer(4, multiple: false, out _, out _);

        Assert.Equal([messages[0], messages[2], messages[4]], _window.Retire().Select(static entry => entry.Message));
        Assert.Empty(_window.Retire());
    }

    [Fact]
    public void A_retired_window_changes_nothing_any_more()
    {
        Add(2);
        _window.Retire();
        List<(PendingMessage Message, long Version)> expired = [];

        _window.Answer(1, multiple: false, out PendingMessage? plain, out PendingMessage? returned);
        _window.CollectExpired(long.MaxValue, all: true, expired);

        Assert.Null(plain);
        Assert.Null(returned);
        Assert.Empty(expired);
        Assert.False(_window.RemoveLast(2));
        Assert.Null(_window.Oldest());
    }

    [Fact]
    public void A_late_answer_gives_the_messages_with_the_lives_they_had()
    {
        PendingMessage[] messages = Add(3);
        long[] versions = [.. messages.Select(static message => message.Version)];
        _window.Retire();

        List<(PendingMessage, long)>? late = _window.LateAnswer(2, multiple: true);

        Assert.Equal([(messages[0], versions[0]), (messages[1], versions[1])], late);
    }

    [Fact]
    public void A_late_answer_is_given_once()
    {
        Add(1);
        _window.Retire();

        Assert.NotNull(_window.LateAnswer(1, multiple: false));
        Assert.Null(_window.LateAnswer(1, multiple: false));
    }

    [Fact]
    public void There_is_no_late_answer_before_the_end()
    {
        Add(1);

        Assert.Null(_window.LateAnswer(1, multiple: false));
    }

    [Fact]
    public void A_return_after_the_end_spoils_the_late_answer_and_leaves_the_message_alone()
    {
        PendingMessage[] messages = Add(2);
        _window.Retire();

        _window.MarkReturned(messages[0].PublishId, 312, "NO_ROUTE");

        Assert.Equal([messages[1]], _window.LateAnswer(2, multiple: true)!.Select(static entry => entry.Message));
        Assert.Equal(0, messages[0].Reply.Code);
    }

    private PendingMessage[] Add(int count)
    {
        PendingMessage[] messages = [.. Enumerable.Range(0, count).Select(_ => _factory.CreateInFlight())];
        Array.ForEach(messages, message => _window.Add(message));
        return messages;
    }
}

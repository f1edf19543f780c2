using ResilientRabbit.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

public sealed class MessageListTests
{
    private readonly MessageFactory _factory = new();

    [Fact]
    public void First_in_is_first_out()
    {
        var list = default(MessageList);
        PendingMessage[] messages = Fill(ref list, 3);

        Assert.Equal(messages, Drain(ref list));
        Assert.True(list.IsEmpty);
    }

    [Fact]
    public void A_list_put_in_front_keeps_its_order()
    {
        var list = default(MessageList);
        PendingMessage[] newer = Fill(ref list, 2);
        var front = default(MessageList);
        PendingMessage[] older = Fill(ref front, 2);

        list.Prepend(ref front);

        Assert.True(front.IsEmpty);
        Assert.Equal([.. older, .. newer], Drain(ref list));
    }

    [Fact]
    public void What_is_put_in_front_of_an_empty_list_can_be_appended_to()
    {
        var list = default(MessageList);
        var front = default(MessageList);
        PendingMessage[] older = Fill(ref front, 2);

        list.Prepend(ref front);
        PendingMessage[] newer = Fill(ref list, 1);

        Assert.Equal([.. older, .. newer], Drain(ref list));
    }

    [Fact]
    public void An_emptied_list_can_be_filled_again()
    {
        var list = default(MessageList);
        Fill(ref list, 1);
        Drain(ref list);

        PendingMessage[] messages = Fill(ref list, 2);

        Assert.Equal(messages, Drain(ref list));
    }

    private PendingMessage[] Fill(ref MessageList list, int count)
    {
        PendingMessage[] messages = [.. Enumerable.Range(0, count).Select(_ => _factory.Create())];
        foreach (PendingMessage message in messages)
        {
            list.Add(message);
        }

        return messages;
    }

    private static List<PendingMessage> Drain(ref MessageList list)
    {
        List<PendingMessage> drained = [];
        while (list.Take() is { } message)
        {
            drained.Add(message);
        }

        return drained;
    }
}

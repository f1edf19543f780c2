using ResilientRabbit.Testing.Model;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Model;

public sealed class QueueTests
{
    [Fact]
    public void Messages_come_in_the_order_of_publishing()
    {
        Queue queue = new TestModel().Queue("q");
        Fill(queue, "1", "2", "3");
        FakeChannel channel = new();

        channel.Consume(queue);

        Assert.Equal(["1", "2", "3"], channel.Texts);
        Assert.Equal(3, queue.UnackedCount);
    }

    [Fact]
    public void Prefetch_bounds_what_a_consumer_holds()
    {
        Queue queue = new TestModel().Queue("q");
        Fill(queue, "1", "2", "3");
        FakeChannel channel = new();
        channel.Consume(queue, prefetch: 2);
        Assert.Equal(["1", "2"], channel.Texts);

        queue.Ack(channel.Delivered[0].Entry);

        Assert.Equal(["1", "2", "3"], channel.Texts);
    }

    [Fact]
    public void Consumers_are_served_in_turn()
    {
        Queue queue = new TestModel().Queue("q");
        FakeChannel channel = new();
        channel.Consume(queue, "a");
        channel.Consume(queue, "b");
        channel.Consume(queue, "c");

        Fill(queue, "1", "2", "3", "4");

        Assert.Equal(["a", "b", "c", "a"], channel.Consumers);
    }

    [Fact]
    public void A_consumer_with_higher_priority_is_served_first_while_it_has_room()
    {
        Queue queue = new TestModel().Queue("q");
        FakeChannel channel = new();
        channel.Consume(queue, "low");
        channel.Consume(queue, "high", prefetch: 2, priority: 10);

        Fill(queue, "1", "2", "3");

        Assert.Equal(["high", "high", "low"], channel.Consumers);
    }

    [Fact]
    public void Requeued_messages_go_back_to_their_place_and_are_marked()
    {
        Queue queue = new TestModel().Queue("q");
        Fill(queue, "1", "2", "3");
        QueueEntry first = queue.Get(noAck: false)!;
        QueueEntry second = queue.Get(noAck: false)!;

        queue.Requeue([second, first]);

        Assert.Equal(["1", "2", "3"], TestModel.Texts(queue));
        Assert.True(queue.Get(noAck: true)!.Redelivered);
    }

    [Fact]
    public void A_closed_channel_gives_its_messages_back_and_the_others_get_them()
    {
        Queue queue = new TestModel().Queue("q");
        FakeChannel dying = new();
        FakeChannel other = new();
        dying.Consume(queue, "a");
        Fill(queue, "1", "2");
        other.Consume(queue, "b");

        queue.ChannelClosed(dying, [.. dying.Delivered.Select(static delivery => delivery.Entry)]);

        Assert.Equal(["1", "2"], other.Texts);
        Assert.All(other.Delivered, static delivery => Assert.True(delivery.Entry.Redelivered));
    }

    [Fact]
    public void Priorities_of_messages_go_from_high_to_low_and_are_capped()
    {
        Queue queue = new TestModel().Queue("q", ("x-max-priority", 5));
        foreach ((string text, byte? priority) in new (string, byte?)[] { ("none", null), ("two", 2), ("nine", 9), ("five", 5) })
        {
            queue.Publish(new FakeMessage("", "q", text) { Importance = priority }, ticket: null);
        }

        Assert.Equal(["nine", "five", "two", "none"], TestModel.Texts(queue));
    }

    [Fact]
    public void A_full_queue_drops_its_head()
    {
        Queue queue = new TestModel().Queue("q", ("x-max-length", 2));

        Fill(queue, "1", "2", "3");

        Assert.Equal(["2", "3"], TestModel.Texts(queue));
    }

    [Fact]
    public void A_queue_full_by_bytes_drops_its_head()
    {
        Queue queue = new TestModel().Queue("q", ("x-max-length-bytes", 4));

        Fill(queue, "aa", "bb", "cc");

        Assert.Equal(["bb", "cc"], TestModel.Texts(queue));
    }

    [Fact]
    public void A_full_queue_can_refuse_instead()
    {
        Queue queue = new TestModel().Queue("q", ("x-max-length", 1), ("x-overflow", "reject-publish"));
        Fill(queue, "1");

        Assert.Equal(PublishOutcome.Rejected, queue.Publish(FakeMessage.To("q", "2"), ticket: null));
        Assert.Equal(["1"], TestModel.Texts(queue));
    }

    [Fact]
    public void Only_one_consumer_is_served_on_a_single_active_consumer_queue()
    {
        Queue queue = new TestModel().Queue("q", ("x-single-active-consumer", true));
        FakeChannel channel = new();
        Consumer first = channel.Consume(queue, "a", prefetch: 1);
        channel.Consume(queue, "b");
        Fill(queue, "1", "2");
        Assert.Equal(["a"], channel.Consumers);

        queue.RemoveConsumer(first);

        Assert.Equal(["a", "b"], channel.Consumers);
    }

    [Fact]
    public void An_auto_delete_queue_goes_with_its_last_consumer_and_not_before_its_first()
    {
        TestModel model = new();
        Queue queue = model.Queue("q", node: 0, durable: false, autoDelete: true);
        Assert.NotNull(model.Host.FindQueue("q"));
        FakeChannel channel = new();

        queue.RemoveConsumer(channel.Consume(queue));

        Assert.Null(model.Host.FindQueue("q"));
        Assert.Empty(channel.Cancelled);
    }

    [Fact]
    public void A_deleted_queue_cancels_its_consumers()
    {
        TestModel model = new();
        Queue queue = model.Queue("q");
        FakeChannel channel = new();
        channel.Consume(queue, "a");

        model.Host.DeleteQueue(queue);

        Assert.Equal(["a"], channel.Cancelled);
    }

    [Fact]
    public void An_unused_queue_expires_and_a_used_one_does_not()
    {
        TestModel model = new();
        Queue queue = model.Queue("q", ("x-expires", 1000));
        model.Advance(900);
        queue.Touch();
        model.Advance(900);
        Assert.NotNull(model.Host.FindQueue("q"));
        FakeChannel channel = new();
        Consumer consumer = channel.Consume(queue);
        model.Advance(5000);
        Assert.NotNull(model.Host.FindQueue("q"));

        queue.RemoveConsumer(consumer);
        model.Advance(1001);

        Assert.Null(model.Host.FindQueue("q"));
    }

    private static void Fill(Queue queue, params string[] texts)
    {
        foreach (string text in texts)
        {
            Assert.Equal(PublishOutcome.Accepted, queue.Publish(FakeMessage.To(queue.Name, text), ticket: null));
        }
    }
}

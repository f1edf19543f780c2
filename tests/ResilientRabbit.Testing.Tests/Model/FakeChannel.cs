using ResilientRabbit.Testing.Model;

namespace ResilientRabbit.Testing.Tests.Model;

/// <summary>A channel that takes whatever it gets and remembers it.</summary>
internal sealed class FakeChannel : IConsumerChannel
{
    private ulong _tag;

    public object Connection { get; } = new();

    public List<(string Consumer, QueueEntry Entry)> Delivered { get; } = [];

    public List<string> Cancelled { get; } = [];

    public IEnumerable<string> Texts => Delivered.Select(static delivery => ((FakeMessage)delivery.Entry.Message).Text);

    public IEnumerable<string> Consumers => Delivered.Select(static delivery => delivery.Consumer);

    public Consumer Consume(Queue queue, string tag = "c", int prefetch = 0, bool noAck = false, int priority = 0, bool exclusive = false)
    {
        Consumer consumer = new(this, queue, tag) { Prefetch = prefetch, NoAck = noAck, Priority = priority, IsExclusive = exclusive };
        queue.AddConsumer(consumer);
        return consumer;
    }

    public bool HasRoom(Consumer consumer) => true;

    public void Deliver(Consumer consumer, Queue queue, QueueEntry entry)
    {
        Delivered.Add((consumer.Tag, entry));
        if (!consumer.NoAck)
        {
            entry.Holder = this;
            entry.HolderTag = ++_tag;
        }
    }

    public void ConsumerCancelled(Consumer consumer) => Cancelled.Add(consumer.Tag);
}

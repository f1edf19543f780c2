using System.Globalization;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class DeliveryQueueTests : IDisposable
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(10);

    private readonly FakeOrigin _origin = new(new SubscriptionCounters(), TimeProvider.System);

    public void Dispose() => _origin.Dispose();

    [Fact]
    public async Task Messages_of_one_key_come_one_after_the_other_and_other_keys_pass()
    {
        var queue = new DeliveryQueue(static message => message.RoutingKey);
        Write(queue, "a", "a", "b", "a");
        await using IAsyncEnumerator<Delivery> reader = queue.ReadAllAsync().GetAsyncEnumerator();

        Delivery first = await NextAsync(reader);
        Delivery other = await NextAsync(reader);
        Assert.Equal((1ul, 3ul), (first.Tag, other.Tag));
        ValueTask<bool> next = reader.MoveNextAsync();
        Assert.False(next.IsCompleted);

        queue.Done(first);
        Assert.True(await next.AsTask().WaitAsync(TestTimeout));
        Assert.Equal(2ul, reader.Current.Tag);
        queue.Done(reader.Current);
        Assert.Equal(4ul, (await NextAsync(reader)).Tag);
    }

    [Fact]
    public async Task A_key_is_forgotten_when_its_last_message_is_done()
    {
        var queue = new DeliveryQueue(static message => message.RoutingKey);
        await using IAsyncEnumerator<Delivery> reader = queue.ReadAllAsync().GetAsyncEnumerator();
        Write(queue, "a");
        queue.Done(await NextAsync(reader));

        Write(queue, "a");

        Assert.Equal(1ul, (await NextAsync(reader)).Tag);
    }

    [Fact]
    public async Task Forgetting_takes_what_is_behind_a_running_message_as_well_and_keeps_its_place()
    {
        var queue = new DeliveryQueue(static message => message.RoutingKey);
        Write(queue, "a", "a", "b", "b", "a");
        await using IAsyncEnumerator<Delivery> reader = queue.ReadAllAsync().GetAsyncEnumerator();
        Delivery running = await NextAsync(reader);

        List<ulong> forgotten = [];
        queue.Forget(delivery => forgotten.Add(delivery.Tag));

        Assert.Equal([2ul, 3ul, 4ul, 5ul], forgotten.Order());

        // The same message again, from the next channel: not before the old handler has ended.
        Write(queue, "a");
        ValueTask<bool> next = reader.MoveNextAsync();
        Assert.False(next.IsCompleted);
        queue.Done(running);
        Assert.True(await next.AsTask().WaitAsync(TestTimeout));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_without_a_key_is_free(bool throws)
    {
        var queue = new DeliveryQueue(_ => throws ? throw new InvalidOperationException() : null);
        Write(queue, "a", "a");
        await using IAsyncEnumerator<Delivery> reader = queue.ReadAllAsync().GetAsyncEnumerator();

        Assert.Equal(1ul, (await NextAsync(reader)).Tag);
        Assert.Equal(2ul, (await NextAsync(reader)).Tag);
    }

    [Fact]
    public async Task Many_workers_keep_the_order_of_each_key()
    {
        const int Keys = 20;
        const int PerKey = 200;
        var queue = new DeliveryQueue(static message => message.RoutingKey);
        Write(queue, [.. Enumerable.Range(0, Keys * PerKey).Select(static number => (number % Keys).ToString(CultureInfo.InvariantCulture))]);
        var seen = new List<ulong>[Keys];
        int[] running = new int[Keys];
        int overlaps = 0;
        int left = Keys * PerKey;
        Task[] workers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            await foreach (Delivery delivery in queue.ReadAllAsync())
            {
                int key = int.Parse(delivery.Message.RoutingKey, CultureInfo.InvariantCulture);
                if (Interlocked.Increment(ref running[key]) > 1)
                {
                    Interlocked.Increment(ref overlaps);
                }

                (seen[key] ??= []).Add(delivery.Tag);
                await Task.Yield();
                Interlocked.Decrement(ref running[key]);
                queue.Done(delivery);
                if (Interlocked.Decrement(ref left) == 0)
                {
                    queue.Complete();
                }
            }
        }))];

        await Task.WhenAll(workers).WaitAsync(TestTimeout);

        Assert.Equal(0, overlaps);
        Assert.All(seen, static tags =>
        {
            Assert.Equal(PerKey, tags.Count);
            Assert.Equal(tags.Order(), tags);
        });
    }

    private static async Task<Delivery> NextAsync(IAsyncEnumerator<Delivery> reader)
    {
        Assert.True(await reader.MoveNextAsync().AsTask().WaitAsync(TestTimeout));
        return reader.Current;
    }

    private void Write(DeliveryQueue queue, params string[] keys)
    {
        ulong tag = 0;
        foreach (string key in keys)
        {
            Assert.True(queue.TryWrite(new Delivery(++tag, _origin, new ReceivedMessage(default) { RoutingKey = key }, null)));
        }
    }
}

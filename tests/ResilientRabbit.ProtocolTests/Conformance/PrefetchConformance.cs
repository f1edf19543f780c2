using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.ProtocolTests.Raw;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>basic.qos, and which consumer gets the next message.</summary>
public sealed class PrefetchConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task Prefetch_bounds_what_one_consumer_holds(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        for (int number = 0; number < 5; number++)
        {
            await bench.PublishAsync("", queue, $"{number}");
        }

        await bench.Channel.BasicQosAsync(0, 2, global: false);
        Recorder recorder = await bench.ConsumeAsync(queue);
        Assert.Equal(["0", "1"], await recorder.NextBodiesAsync(2));
        await recorder.AssertNothingMoreAsync(queue);
        Assert.Equal(3u, await bench.CountAsync(queue));

        await bench.Channel.BasicAckAsync(1, multiple: false);
        Assert.Equal("2", (await recorder.NextAsync()).Body);
        await recorder.AssertNothingMoreAsync(queue);
        await bench.Channel.BasicAckAsync(3, multiple: true);
        Assert.Equal(["3", "4"], await recorder.NextBodiesAsync(2));
    }

    [Theory, BothBrokers]
    public async Task Prefetch_is_for_each_consumer_unless_it_is_global(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string first = await bench.QueueAsync("first");
        string second = await bench.QueueAsync("second");
        foreach (string queue in new[] { first, second, first, second })
        {
            await bench.PublishAsync("", queue, "m");
        }

        IChannel each = await bench.NewChannelAsync();
        await each.BasicQosAsync(0, 1, global: false);
        Recorder one = await bench.ConsumeAsync(first, each);
        Recorder two = await bench.ConsumeAsync(second, each);
        await one.NextAsync();
        await two.NextAsync();
        await one.AssertNothingMoreAsync(first);
        Assert.Equal(0, two.Waiting);
        await each.CloseAsync();

        IChannel shared = await bench.NewChannelAsync();
        await shared.BasicQosAsync(0, 1, global: true);
        one = await bench.ConsumeAsync(first, shared);
        await one.NextAsync();
        two = await bench.ConsumeAsync(second, shared);
        await two.AssertNothingMoreAsync(second);
        Assert.Equal(0, one.Waiting);
    }

    [Theory, BothBrokers]
    public async Task A_prefetch_in_bytes_is_not_implemented(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();

        await raw.SendMethodAsync(1, 60, 10, static arguments => arguments.Long(1000).Short(1).Octet(0));

        Assert.Equal(new RawClose(540, "NOT_IMPLEMENTED - prefetch_size!=0 (1000)", 60, 10), await raw.ExpectCloseAsync());
    }

    [Theory, BothBrokers]
    public async Task Consumers_take_turns(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        Recorder first = await bench.ConsumeAsync(queue);
        Recorder second = await bench.ConsumeAsync(queue);

        for (int number = 0; number < 6; number++)
        {
            await bench.PublishAsync("", queue, $"{number}");
        }

        Assert.Equal(["0", "2", "4"], await first.NextBodiesAsync(3));
        Assert.Equal(["1", "3", "5"], await second.NextBodiesAsync(3));
    }

    [Theory, BothBrokers]
    public async Task A_consumer_without_room_is_passed_over(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        IChannel slow = await bench.NewChannelAsync();
        await slow.BasicQosAsync(0, 1, global: false);
        Recorder first = await bench.ConsumeAsync(queue, slow);
        IChannel fast = await bench.NewChannelAsync();
        Recorder second = await bench.ConsumeAsync(queue, fast, autoAck: true);

        for (int number = 0; number < 6; number++)
        {
            await bench.PublishAsync("", queue, $"{number}");
        }

        Assert.Equal(["0"], await first.NextBodiesAsync(1));
        Assert.Equal(["1", "2", "3", "4", "5"], await second.NextBodiesAsync(5));
    }

    [Theory, BothBrokers]
    public async Task Consumers_of_higher_priority_are_served_first(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        IChannel channel = await bench.NewChannelAsync();
        await channel.BasicQosAsync(0, 2, global: false);
        Recorder low = await bench.ConsumeAsync(queue, await bench.NewChannelAsync());
        Recorder high = await bench.ConsumeAsync(queue, channel, autoAck: false, ("x-priority", 10));

        for (int number = 0; number < 4; number++)
        {
            await bench.PublishAsync("", queue, $"{number}");
        }

        Assert.Equal(["0", "1"], await high.NextBodiesAsync(2));
        Assert.Equal(["2", "3"], await low.NextBodiesAsync(2));
    }
}

using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Diagnostics;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Consuming;

/// <summary>One message at a time: counted, traced, and as safe from what strangers publish as a subscription.</summary>
public sealed class PullTests
{
    [Fact]
    public async Task Pulled_messages_are_counted_and_empty_answers_are_not()
    {
        string name = "pull-" + Guid.NewGuid().ToString("N");
        using var meter = new MeterRecorder(name);
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(options => options.ClientName = name);
        Assert.Null(await client.GetAsync(Bed.Queue).WaitAsync(Bed.Patience));
        await Bed.PublishAsync(client, "one");

        PulledMessage first = await PullAsync(client);
        Assert.Equal(("one", "body of one"), (first.Message.MessageId, System.Text.Encoding.UTF8.GetString(first.Message.Body.Span)));
        await first.DisposeAsync();
        PulledMessage second = await PullAsync(client);
        Assert.True(second.Message.Redelivered);
        Assert.True(await second.SettleAsync(Settlement.Ack));

        Assert.Equal(2, meter.Sum("messaging.client.consumed.messages", "messaging.operation.name=receive", "messaging.destination.name=q"));
        Assert.Equal(1, meter.Sum("rabbitmq.client.deliveries.redelivered"));
        Assert.Equal(0, meter.Sum("messaging.process.duration"));
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the ack");
    }

    [Theory]
    [InlineData("headers nested 26,000 deep")]
    [InlineData("a header of an unknown type")]
    [InlineData("headers longer than their frame")]
    public async Task Hostile_headers_are_parked_and_the_next_message_is_pulled(string what)
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle hostile = bed.Faults.FromBroker(AmqpMethod.BasicGetOk).Replace(entry => Hostile((ushort)entry.Channel, entry.DeliveryTag!.Value, what));

        ChildResult child = await ChildProcess.RunAsync("sdk-pulls", bed.Port, async () =>
        {
            await bed.Broker.PublishAsync(Bed.Queue, "hostile on its way"u8.ToArray());
            await bed.Broker.PublishAsync(Bed.Queue, "good"u8.ToArray());
        });

        Assert.True(child.ExitCode == 0, $"Exit code {child.ExitCode}: {child.Output}");
        Assert.Equal((1, "good", 0), (hostile.Fired, child["pulled"], child.Number("losses")));
        BrokerMessage parked = Assert.Single(bed.Broker.GetMessages(Bed.Queue + ".dead-letter"));
        Assert.Equal("evil"u8.ToArray(), parked.Body.ToArray());
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "both settled");
    }

    [Fact]
    public async Task A_pull_goes_on_over_a_lost_connection_and_a_closed_channel_and_a_missing_answer()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.RequestTimeout = TimeSpan.FromMilliseconds(500));
        await Bed.PublishAsync(client, "one");
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicGet).Reset();
        FaultHandle closed = bed.Faults.FromClient(AmqpMethod.BasicGet).Nth(2).CloseChannel(541, "INTERNAL_ERROR");
        FaultHandle late = bed.Faults.FromBroker(AmqpMethod.BasicGetOk).Drop();

        PulledMessage pulled = await PullAsync(client);

        Assert.Equal((1, 1, 1), (lost.Fired, closed.Fired, late.Fired));
        Assert.Equal("one", pulled.Message.MessageId);
        Assert.True(await pulled.SettleAsync(Settlement.Ack));
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the ack");
        TopologyException missing = await Assert.ThrowsAsync<TopologyException>(() => client.GetAsync("missing").WaitAsync(Bed.Patience));
        Assert.Equal(404, missing.ReplyCode);
    }

    [Fact]
    public async Task A_pull_takes_the_clients_prefetch_for_its_options_as_a_subscription_does()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Consumers.Prefetch = 500);

        Assert.Null(await client.GetAsync(Bed.Queue, new ConsumerOptions { Concurrency = 200 }).WaitAsync(Bed.Patience));
    }

    [Fact]
    public async Task A_pulled_message_is_parked_in_a_durable_queue_whatever_the_defaults_for_declarations_are()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => (options.Declarations.Durable, options.Declarations.AutoDelete) = (false, true));
        await Bed.PublishAsync(client, "one");

        Assert.True(await (await PullAsync(client)).SettleAsync(Settlement.DeadLetter));

        Assert.True(bed.Broker.Queue(Bed.Queue + ".dead-letter") is { IsDurable: true, IsAutoDelete: false, Messages: 1 });
    }

    private static async Task<PulledMessage> PullAsync(RabbitClient client, ConsumerOptions? options = null)
    {
        using var patience = new CancellationTokenSource(Bed.Patience);
        while (true)
        {
            if (await client.GetAsync(Bed.Queue, options, patience.Token) is { } pulled)
            {
                return pulled;
            }
        }
    }

    private static byte[] Hostile(ushort channel, ulong tag, string what)
    {
        byte[] table = what switch
        {
            "headers nested 26,000 deep" => HostileBytes.NestedTable(26_000),
            "a header of an unknown type" => new Raw.ArgumentWriter().LongString(new Raw.ArgumentWriter().ShortString("k").Octet((byte)'?').ToArray()).ToArray(),
            _ => new Raw.ArgumentWriter().Long(100_000).Bytes("abc"u8).ToArray(),
        };
        return HostileBytes.Together(
            HostileBytes.Method(channel, 60, 71, arguments => arguments.LongLong(tag).Octet(0).ShortString("").ShortString(Bed.Queue).Long(0)),
            HostileBytes.Header(channel, 4, flags: 0x2000, table),
            HostileBytes.Frame(Raw.RawFrame.BodyType, channel, "evil"u8));
    }
}

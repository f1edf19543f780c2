using System.Collections.Concurrent;
using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests;

/// <summary>Packed batches over real sockets: our publisher, a publisher of Spring's layout, and our consumer.</summary>
public sealed class PackedTests
{
    [Fact]
    public async Task What_was_packed_is_handled_message_by_message_in_order_with_its_own_id()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.Packing = true);
        PublishBatchResult result = await client.Publisher.PublishBatchAsync(Messages(500)).AsTask().WaitAsync(Bed.Patience);
        Assert.True(result.AllConfirmed);
        IReadOnlyList<BrokerMessage> stored = bed.Broker.GetMessages(Bed.Queue);
        Assert.InRange(stored.Count, 2, 50);

        var received = new ConcurrentQueue<string?>();
        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            received.Enqueue(message.MessageId);
            return Settlement.Ack;
        });
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the acks");

        Assert.Equal(Enumerable.Range(0, 500).Select(Bed.Id), received);
        Assert.Equal((500L, 500L, 0), (subscription.Status.Received, subscription.Status.Acknowledged, subscription.Status.Unsettled));
        Assert.Empty(bed.Broker.Errors);
    }

    [Fact]
    public async Task One_poison_message_of_a_pack_is_parked_alone()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.Packing = true);
        await client.Publisher.PublishBatchAsync(Messages(20)).AsTask().WaitAsync(Bed.Patience);
        var runs = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);

        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            message =>
            {
                int run = runs.AddOrUpdate(message.MessageId!, 1, static (_, count) => count + 1);
                return Is(message.MessageId, Bed.Id(7)) ? throw new InvalidOperationException("poison") : Is(message.MessageId, Bed.Id(9)) && run == 1 ? Settlement.Requeue : Settlement.Ack;
            },
            static options => (options.RetryLimit, options.RetryDelays) = (2, [TimeSpan.FromMilliseconds(20)]));
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 } && subscription.Status.DeadLettered == 1, "the settlements");

        Assert.Equal([Bed.Id(7)], bed.Stored(Bed.Queue + ".dead-letter"));
        Assert.All(runs, static run => Assert.Equal(Is(run.Key, Bed.Id(7)) || Is(run.Key, Bed.Id(9)) ? 2 : 1, run.Value));
        Assert.Equal(20, runs.Count);
    }

    [Fact]
    public async Task A_batch_of_Springs_is_taken_apart_and_one_that_lies_is_parked_as_it_is()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await PublishBatchAsync(bed, [0, 0, 0, 1, 65, 0, 0, 0, 2, 66, 67]);
        await PublishBatchAsync(bed, [0, 0, 0, 1, 65, 0, 0, 0, 9, 66, 67]);
        var received = new ConcurrentQueue<string>();

        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            received.Enqueue($"{message.MessageId} {Convert.ToHexString(message.Body.Span)}");
            return Settlement.Ack;
        });
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the settlements");

        Assert.Equal(["spring/0 41", "spring/1 4243"], received);
        BrokerMessage parked = Assert.Single(bed.Broker.GetMessages(Bed.Queue + ".dead-letter"));
        Assert.Equal("000000014100000009" + "4243", Convert.ToHexString(parked.Body.Span));
        Assert.Equal("lengthHeader4", Text(parked.Headers!["springBatchFormat"]));
        Assert.StartsWith("MessageFormatException: The batch has 2 bytes left at byte 9", Text(parked.Headers["x-dead-letter-reason"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_consumer_that_does_not_unpack_gets_the_whole_with_a_header_that_says_what_it_is()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await PublishBatchAsync(bed, [0, 0, 0, 1, 65]);
        var received = new ConcurrentQueue<string>();

        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            message =>
            {
                received.Enqueue($"{message.GetHeaderText("springBatchFormat")} {message.GetHeaderNumber("amqp_batchSize")} {Convert.ToHexString(message.Body.Span)}");
                return Settlement.Ack;
            },
            static options => options.Unpack = false);
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the ack");

        Assert.Equal(["lengthHeader4 2 0000000141"], received);
    }

    [Fact]
    public async Task A_pack_whose_channel_is_lost_comes_again_whole_and_deduplication_knows_what_was_handled()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.Packing = true);
        await client.Publisher.PublishBatchAsync(Messages(10)).AsTask().WaitAsync(Bed.Patience);
        var runs = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);

        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            message =>
            {
                if (runs.AddOrUpdate(message.MessageId!, 1, static (_, count) => count + 1) == 1 && Is(message.MessageId, Bed.Id(5)))
                {
                    bed.Line.ResetConnections();
                }

                return Settlement.Ack;
            },
            static options => options.Deduplication = new DeduplicationOptions());
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the acks");

        Assert.Equal(10, runs.Count);
        Assert.All(runs.Where(static run => !Is(run.Key, Bed.Id(5))), static run => Assert.Equal(1, run.Value));
        Assert.Equal(1, subscription.Status.Resubscribes);
    }

    private static OutboundMessage[] Messages(int count) =>
    [
        .. Enumerable.Range(0, count).Select(static number => new OutboundMessage
        {
            Exchange = "",
            RoutingKey = Bed.Queue,
            Body = new byte[] { (byte)number },
            Properties = new MessageProperties { MessageId = Bed.Id(number) },
        }),
    ];

    private static async Task PublishBatchAsync(Bed bed, byte[] body)
    {
        await using IConnection connection = await bed.ConnectPlainAsync();
        await using IChannel channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        var properties = new BasicProperties
        {
            MessageId = "spring",
            Headers = new Dictionary<string, object?> { ["springBatchFormat"] = "lengthHeader4", ["amqp_batchSize"] = 2 },
        };
        await channel.BasicPublishAsync("", Bed.Queue, mandatory: true, properties, body);
    }

    private static bool Is(string? id, string other) => string.Equals(id, other, StringComparison.Ordinal);

    private static string Text(object? value) => value is byte[] bytes ? System.Text.Encoding.UTF8.GetString(bytes) : (string)value!;
}

using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Consuming;

/// <summary>Whatever a message holds that always fails, it is parked after its attempts: one whose copy is refused by our own checks would come again for ever.</summary>
public sealed class FailedCopyTests
{
    private const int Attempts = 2;
    private const string Parking = "parked";

    [Fact]
    public async Task An_id_and_a_type_that_our_publisher_refuses_are_parked_without_what_it_refuses()
    {
        await using Bed bed = await Bed.StartAsync();
        await using IConnection connection = await bed.ConnectPlainAsync();
        await using IChannel channel = await connection.CreateChannelAsync();

        BrokerMessage parked = await ParkAsync(
            bed,
            bed.NewClient(),
            static () => new FormatException("bad"),
            () => channel.BasicPublishAsync("", Bed.Queue, mandatory: false, new BasicProperties { MessageId = "a\0b", ContentType = "text/\0" }, "m"u8.ToArray()).AsTask());

        Assert.Equal(("a\uFFFDb", "text/\uFFFD"), (parked.MessageId, parked.ContentType));
    }

    [Fact]
    public async Task A_handler_whose_words_hold_half_of_a_surrogate_pair_has_its_message_parked_with_them()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();

        BrokerMessage parked = await ParkAsync(bed, client, static () => new FormatException($"'{"\U0001F407"[0]}' is no digit"), () => Bed.PublishAsync(client, "rabbit"));

        Assert.Equal("rabbit", parked.MessageId);
        Assert.Equal("Attempt 2 of 2. FormatException: '\uFFFD' is no digit", parked.Headers!["x-dead-letter-reason"]);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(16 * 1024 * 1024)]
    public async Task A_body_that_is_larger_than_what_the_application_may_publish_is_parked_whole(int limit)
    {
        // The larger one is the default, as is the size of all that a lane has on the wire.
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(options => (options.Publisher.MaxMessageSize, options.Publisher.PackMaxBytes) = (limit, 1000));
        byte[] body = new byte[limit + 1];
        Random.Shared.NextBytes(body);

        BrokerMessage parked = await ParkAsync(bed, client, static () => new FormatException("bad"), () => bed.Broker.PublishAsync(Bed.Queue, body));

        Assert.Equal(body, parked.Body.ToArray());
        await Assert.ThrowsAsync<PublishException>(() => client.Publisher.PublishAsync("", Bed.Queue, body).AsTask());
    }

    [Fact]
    public async Task Headers_that_leave_no_room_for_ours_in_a_frame_are_left_out_of_the_parked_copy()
    {
        await using Bed bed = await Bed.StartAsync(static options => options.FrameMax = 4096);
        RabbitClient client = bed.NewClient();
        var properties = new MessageProperties { MessageId = "large" };
        properties.Headers["large"] = new string('x', 3950);

        BrokerMessage parked = await ParkAsync(
            bed, client, static () => new FormatException("bad"), () => client.Publisher.PublishAsync("", Bed.Queue, "m"u8.ToArray(), properties).AsTask());

        Assert.Equal("large", parked.MessageId);
        Assert.Equal("m"u8.ToArray(), parked.Body.ToArray());
        Assert.DoesNotContain("large", parked.Headers!.Keys);
    }

    private static async Task<BrokerMessage> ParkAsync(Bed bed, RabbitClient client, Func<Exception> error, Func<Task> publish)
    {
        int runs = 0;
        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            _ =>
            {
                Interlocked.Increment(ref runs);
                throw error();
            },
            static options => (options.RetryLimit, options.RetryDelays, options.DeadLetterQueue) = (Attempts, [TimeSpan.FromMilliseconds(50)], Parking));
        await publish();

        await Bed.UntilAsync(() => bed.Broker.Queue(Parking) is { Messages: 1 } && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the parked message");
        Assert.Equal((Attempts, 0L), (runs, subscription.Status.Requeued));
        return Assert.Single(bed.Broker.GetMessages(Parking));
    }
}

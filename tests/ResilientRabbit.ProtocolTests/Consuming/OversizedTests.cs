using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Consuming;

/// <summary>A message above <see cref="ResilientRabbitOptions.MaxInboundMessageSize"/> ends no connection, fills no memory, stops no other message and is not lost.</summary>
public sealed class OversizedTests
{
    private const int Limit = 100_000;
    private const string Dead = "dead";

    [Fact]
    public async Task Bodies_far_above_the_limit_are_not_kept_in_memory_and_stay_in_their_queue_while_others_are_handled()
    {
        const int Large = 40 * 1024 * 1024;
        await using Bed bed = await Bed.StartAsync();

        ChildResult child = await ChildProcess.RunAsync("sdk-consumes-oversized", bed.Port, async () =>
        {
            for (int number = 0; number < SdkChildren.OversizedCount; number++)
            {
                await bed.Broker.PublishAsync(Bed.Queue, new byte[Large]);
            }

            await bed.Broker.PublishAsync(Bed.Queue, "good"u8.ToArray());
        });

        Assert.True(child.ExitCode == 0, $"Exit code {child.ExitCode}: {child.Output}");
        Assert.Equal((1, SdkChildren.OversizedCount, 0, 0), (child.Number("received"), child.Number("held"), child.Number("losses"), child.Number("out-of-memory")));
        Assert.True(child.Number("allocated-mib") < Large / (1024 * 1024), $"{child.Number("allocated-mib")} MiB were allocated: {child.Output}");
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: SdkChildren.OversizedCount, Unacked: 0 }, "the held messages back in their queue");
    }

    [Theory]
    [InlineData(DeadLetterMethod.Reject)]
    [InlineData(DeadLetterMethod.Publish)]
    public async Task The_dead_letter_exchange_gets_the_whole_message_where_the_SDK_knows_of_one(DeadLetterMethod method)
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.MaxInboundMessageSize = Limit);
        string queue = await DeclareAsync(bed, client, isOurs: method == DeadLetterMethod.Publish);
        byte[] body = LargeBody();
        var received = new List<int>();
        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            message =>
            {
                received.Add(message.Body.Length);
                return Settlement.Ack;
            },
            options => options.DeadLetterBy = method,
            queue);

        await bed.Broker.PublishAsync(queue, "before"u8.ToArray());
        await bed.Broker.PublishAsync(queue, body);
        await bed.Broker.PublishAsync(queue, "after"u8.ToArray());

        await Bed.UntilAsync(() => bed.Broker.Queue(Dead) is { Messages: 1 } && bed.Broker.Queue(queue) is { Messages: 0, Unacked: 0 }, "the dead letter");
        Assert.Equal(body, bed.Broker.GetMessages(Dead)[0].Body.ToArray());
        Assert.Equal([6, 5], received);
        Assert.Equal((1L, 0, 0), (subscription.Status.DeadLettered, subscription.Status.Held, subscription.Status.Resubscribes));
        Assert.All(client.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
    }

    [Fact]
    public async Task With_one_place_for_deliveries_the_queue_stands_still_says_so_and_goes_on_with_a_larger_limit()
    {
        await using Bed bed = await Bed.StartAsync();
        var log = new RecordingLog();
        RabbitClient small = bed.NewClient(log, static options => options.MaxInboundMessageSize = Limit);
        ISubscription stuck = await Bed.SubscribeAsync(small, static _ => Settlement.Ack, static options => options.Prefetch = 1);
        await bed.Broker.PublishAsync(Bed.Queue, LargeBody());
        await bed.Broker.PublishAsync(Bed.Queue, "after"u8.ToArray());
        await Bed.UntilAsync(() => stuck.Status.Held == 1, "the held message");
        Assert.Contains(log.Lines, static line => line.Contains("MaxInboundMessageSize (100000)", StringComparison.Ordinal) && line.Contains("stays unsettled", StringComparison.Ordinal));
        await stuck.StopAsync().WaitAsync(Bed.Patience);

        // Told with the end of its channel, a moment later perhaps.
        await Bed.UntilAsync(() => stuck.Status is { Held: 0, Unsettled: 0 }, "nothing held");

        var received = new List<int>();
        await using ISubscription subscription = await Bed.SubscribeAsync(bed.NewClient(), message =>
        {
            received.Add(message.Body.Length);
            return Settlement.Ack;
        });

        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "both messages");
        Assert.Equal([LargeBody().Length, 5], received);
    }

    [Fact]
    public async Task A_pull_says_what_is_wrong_and_leaves_the_message_in_its_queue()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.MaxInboundMessageSize = Limit);
        await bed.Broker.PublishAsync(Bed.Queue, LargeBody());

        MessageFormatException failure = await Assert.ThrowsAsync<MessageFormatException>(() => client.GetAsync(Bed.Queue).WaitAsync(Bed.Patience));

        Assert.Contains("MaxInboundMessageSize (100000)", failure.Message, StringComparison.Ordinal);
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 1, Unacked: 0 }, "the message back in its queue");
        Assert.All(client.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
    }

    [Fact]
    public async Task A_pull_that_may_reject_does_and_goes_on_with_the_next_message()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.MaxInboundMessageSize = Limit);
        string queue = await DeclareAsync(bed, client, isOurs: true);
        await bed.Broker.PublishAsync(queue, LargeBody());
        await bed.Broker.PublishAsync(queue, "after"u8.ToArray());

        PulledMessage? pulled = await client.GetAsync(queue).WaitAsync(Bed.Patience);

        Assert.Equal("after"u8.ToArray(), pulled!.Message.Body.ToArray());
        Assert.True(await pulled.SettleAsync(Settlement.Ack));
        await Bed.UntilAsync(() => bed.Broker.Queue(Dead) is { Messages: 1 } && bed.Broker.Queue(queue) is { Messages: 0, Unacked: 0 }, "the dead letter and the ack");
        Assert.Equal(LargeBody(), bed.Broker.GetMessages(Dead)[0].Body.ToArray());
    }

    private static byte[] LargeBody() => [.. Enumerable.Range(0, 3 * Limit).Select(static number => (byte)(number % 251))];

    private static async Task<string> DeclareAsync(Bed bed, RabbitClient client, bool isOurs)
    {
        const string Queue = "orders";
        await bed.DeclareAsync(Dead);
        if (isOurs)
        {
            await client.DeclareAsync(new Topology([], [new QueueSpec { Name = Queue, DeadLetterExchange = "", DeadLetterRoutingKey = Dead }], [])).WaitAsync(Bed.Patience);
        }
        else
        {
            await bed.DeclareAsync(Queue, ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", Dead));
        }

        return Queue;
    }
}

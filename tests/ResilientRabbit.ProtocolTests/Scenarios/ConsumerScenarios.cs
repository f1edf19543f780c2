using System.Collections.Concurrent;
using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.Testing;
using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>What brokers do to consumers (scenarios 51 to 60).</summary>
public sealed class ConsumerScenarios
{
    [Fact, Scenario("51", "P22")]
    public async Task A_consumer_that_the_broker_cancels_consumes_again_once()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        var received = new ConcurrentQueue<string?>();
        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            received.Enqueue(message.MessageId);
            return Settlement.Ack;
        });

        Assert.Equal(1, await bed.Broker.CancelConsumersAsync(Bed.Queue));
        await bed.SeeAsync(AmqpMethod.BasicCancel);
        await Bed.AllAsync(Bed.Publish(client, 5));

        await Bed.SoonAsync(() => received.Count == 5 && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the messages and their acks");
        Assert.Equal(1, bed.Broker.Queue(Bed.Queue)!.Consumers);
        Assert.Equal((1, true), (subscription.Status.Resubscribes, subscription.Status.IsConsuming));
    }

    [Fact, Scenario("52,C3", "P22,P26")]
    public async Task A_consume_that_is_not_answered_in_time_is_asked_again_elsewhere()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.RequestTimeout = TimeSpan.FromMilliseconds(500));
        FaultHandle hold = bed.Faults.FromBroker(AmqpMethod.BasicConsumeOk).Hold();
        var received = new ConcurrentQueue<string?>();

        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            received.Enqueue(message.MessageId);
            return Settlement.Ack;
        });
        hold.Release();
        await Bed.AllAsync(Bed.Publish(client, 20));

        await Bed.UntilAsync(() => received.Distinct().Count() == 20 && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0, Consumers: 1 }, "all messages, and one consumer");
        Assert.Equal(1, hold.Fired);
        Assert.Empty(bed.Journal.StaleAcks());
    }

    [Fact, Scenario("52,C3", "P22,P26")]
    public async Task A_consume_that_is_not_answered_after_a_loss_is_asked_again_elsewhere()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.RequestTimeout = TimeSpan.FromMilliseconds(500));
        var received = new ConcurrentQueue<string?>();
        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            received.Enqueue(message.MessageId);
            return Settlement.Ack;
        });
        FaultHandle hold = bed.Faults.FromBroker(AmqpMethod.BasicConsumeOk).Hold();

        bed.Line.ResetConnections();
        await hold.WaitFiredAsync(Bed.Patience);
        await Bed.AllAsync(Bed.Publish(client, 20));

        await Bed.UntilAsync(() => received.Distinct().Count() == 20 && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0, Consumers: 1 }, "all messages, and one consumer");
        Assert.True(subscription.Status.IsConsuming);
    }

    [Fact, Scenario("53", "P21,P22,P23")]
    public async Task A_delivery_before_its_consume_ok_is_handled_when_the_consumer_is_confirmed()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.RequestTimeout = TimeSpan.FromSeconds(1));
        await bed.Broker.PublishAsync(Bed.Queue, "early"u8.ToArray());
        FaultHandle early = bed.Faults.FromBroker(AmqpMethod.BasicConsumeOk).Reorder(1);
        int received = 0;

        await using ISubscription subscription = await Bed.SubscribeAsync(client, _ =>
        {
            Interlocked.Increment(ref received);
            return Settlement.Ack;
        });

        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the message and its ack");
        Assert.Equal((1, 1, 0), (early.Fired, received, subscription.Status.Resubscribes));
        Assert.Empty(bed.Journal.StaleAcks());
    }

    [Fact, Scenario("54", "P21,P23")]
    public async Task A_delivery_for_an_unknown_consumer_is_not_acked_and_harms_no_other()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        FaultHandle ghost = bed.Faults.FromBroker(AmqpMethod.BasicConsumeOk).Replace(static entry =>
            (byte[])[.. AmqpFrames.Method(entry.Channel, new AmqpBasic.ConsumeOk(entry.ConsumerTag!)).Span, .. AmqpFrames.Deliver(entry.Channel, "ghost", 1, "ghost"u8).Span]);
        var received = new ConcurrentQueue<string?>();

        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            received.Enqueue(message.MessageId);
            return Settlement.Ack;
        });
        await Bed.AllAsync(Bed.Publish(client, 5));

        await Bed.UntilAsync(() => received.Distinct().Count() == 5 && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0, Consumers: 1 }, "the messages and their acks");
        Assert.Equal(1, ghost.Fired);
        Assert.DoesNotContain(null, received);
    }

    [Fact, Scenario("55", "P21,P24")]
    public async Task A_flood_of_redeliveries_stays_within_the_prefetch()
    {
        const int Prefetch = 10;
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await Bed.AllAsync(Bed.Publish(client, 200));
        var seen = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        int running = 0;
        int most = 0;

        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            message =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                int deliveries = seen.AddOrUpdate(message.MessageId!, 1, static (_, count) => count + 1);
                Interlocked.Decrement(ref running);
                return deliveries < 5 ? Settlement.Requeue : Settlement.Ack;
            },
            static options => options.Prefetch = Prefetch);

        await Bed.UntilAsync(
            () =>
            {
                Assert.True(subscription.Status.Unsettled <= Prefetch);
                return bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 };
            },
            "the end of the flood");
        Assert.All(seen.Values, static deliveries => Assert.Equal(5, deliveries));
        Assert.True(most <= Prefetch);
        Assert.Empty(bed.Journal.StaleAcks());
    }

    [Fact, Scenario("56,C14", "P21,P22,P23")]
    public async Task Acks_of_a_lost_connection_are_reported_as_stale_and_not_sent()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await Bed.AllAsync(Bed.Publish(client, 50));
        var finish = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int started = 0;
        var options = new ConsumerOptions { Prefetch = 50, Concurrency = 50, AckDelay = TimeSpan.FromMilliseconds(1) };
        await using ISubscription subscription = await client.SubscribeAsync(
            Bed.Queue,
            new LambdaHandler(async (_, _) =>
            {
                Interlocked.Increment(ref started);
                await finish.Task;
                return Settlement.Ack;
            }),
            options);
        await Bed.UntilAsync(() => started == 50, "fifty handlers at work");

        bed.Line.ResetConnections();
        await Bed.UntilAsync(() => subscription.Status is { Resubscribes: 1, IsConsuming: true } && bed.Broker.Queue(Bed.Queue)!.Unacked > 0, "the next channel with its redeliveries");
        finish.SetResult();

        // One of the first handlers may be the last to go on: the queue is empty before it is counted.
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 } && subscription.Status.StaleAcks >= 50, "the end, and fifty stale acks");
        Assert.Empty(bed.Journal.StaleAcks());
        Assert.Equal(50, subscription.Status.StaleAcks);
        Assert.DoesNotContain(bed.Journal.Entries, static entry => entry.ReplyCode == 406);
    }

    [Fact, Scenario("57", "P22")]
    public async Task A_queue_that_is_deleted_and_made_anew_is_consumed_again()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        var received = new ConcurrentQueue<string?>();
        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            received.Enqueue(message.MessageId);
            return Settlement.Ack;
        });

        Assert.True(await bed.Broker.DeleteQueueAsync(Bed.Queue));
        await bed.SeeAsync(AmqpMethod.BasicCancel);
        await bed.DeclareAsync(Bed.Queue);
        await Bed.AllAsync(Bed.Publish(client, 5));

        await Bed.SoonAsync(() => received.Count == 5 && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0, Consumers: 1 }, "the messages and their acks");
    }

    [Fact, Scenario("58", "P16,P21")]
    public async Task A_blocked_publisher_does_not_reconnect_and_its_consumer_goes_on()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        int received = 0;
        await using ISubscription subscription = await Bed.SubscribeAsync(client, _ =>
        {
            Interlocked.Increment(ref received);
            return Settlement.Ack;
        });
        await Bed.AllAsync(Bed.Publish(client, 1));
        await bed.Broker.BlockAsync("drill");
        Task<PublishReceipt>[] publishing = Bed.Publish(client, 20, first: 1);
        await bed.SeeAsync(AmqpMethod.ConnectionBlocked);
        await Bed.UntilAsync(() => client.Status.BlockedReason is "drill", "the news of the block");
        Task<PublishReceipt>[] held = Bed.Publish(client, 20, first: 100);

        for (int number = 0; number < 10; number++)
        {
            await bed.Broker.PublishAsync(Bed.Queue, "from the broker itself"u8.ToArray());
        }

        // At most one publish passes before the broker notices a publisher.
        await Bed.UntilAsync(() => received >= 11 && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the consuming while blocked");
        Assert.All(client.Status.Connections, static connection => Assert.Equal(0, connection.Losses));
        Assert.True(publishing.Count(static task => !task.IsCompleted) >= 19);
        Assert.DoesNotContain(bed.Published(), static entry => string.CompareOrdinal(entry.MessageId, "m00100") >= 0);

        await bed.Broker.UnblockAsync();
        PublishReceipt[] receipts = await Bed.AllAsync([.. publishing, .. held]);

        await Bed.UntilAsync(() => received == 51, "the rest");
        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        Assert.Null(client.Status.BlockedReason);
        Assert.Empty(bed.Journal.FalseConfirms(receipts.Select(static receipt => receipt.MessageId)));
    }

    [Fact, Scenario("60", "P21,P25")]
    public async Task A_message_that_always_fails_is_parked_after_its_limit_and_stops_no_other()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        var received = new ConcurrentQueue<string?>();
        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            message =>
            {
                received.Enqueue(message.MessageId);
                return message.MessageId is "poison" ? throw new FormatException("Cannot be decoded.") : Settlement.Ack;
            },
            static options =>
            {
                options.RetryLimit = 2;
                options.RetryDelays = [TimeSpan.FromMilliseconds(50)];
                options.DeadLetterQueue = "parked";
            });

        await Bed.PublishAsync(client, "before");
        await Bed.PublishAsync(client, "poison");
        await Bed.PublishAsync(client, "after");

        await Bed.UntilAsync(() => bed.Broker.Queue("parked") is { Messages: 1 } && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the parked message");
        Assert.Equal(2, received.Count(static id => id is "poison"));
        Assert.Contains("after", received);
        Assert.Equal(["poison"], bed.Stored("parked"));
        Assert.Empty(bed.Journal.StaleAcks());
    }

    [Theory, Scenario("60", "P25")]
    [InlineData("x-death")]
    [InlineData("x-delivery-attempt")]
    [InlineData("x-delivery-count")]
    [InlineData("x-publish-attempt")]
    public async Task A_header_of_the_wrong_kind_stops_nobody(string header)
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        var attempts = new ConcurrentQueue<int>();
        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            message =>
            {
                // A redelivery, then a retry, then the end: each looks at headers that the one before did not need.
                attempts.Enqueue(message.Attempt);
                return !message.Redelivered && attempts.Count == 1 ? Settlement.Requeue : attempts.Count == 2 ? Settlement.Retry : Settlement.DeadLetter;
            },
            static options => (options.RetryDelays, options.DeadLetterQueue) = ([TimeSpan.FromMilliseconds(50)], "parked"));

        await using IConnection connection = await bed.ConnectPlainAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        await channel.BasicPublishAsync("", Bed.Queue, mandatory: false, new BasicProperties { Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [header] = new List<object?> { "text", 1, true, null } } }, "m"u8.ToArray());

        await Bed.UntilAsync(() => bed.Broker.Queue("parked") is { Messages: 1 } && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the parked message");
        Assert.Equal([1, 1, 2], attempts);
    }
}

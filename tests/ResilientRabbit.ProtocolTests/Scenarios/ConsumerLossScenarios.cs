using System.Collections.Concurrent;
using System.Globalization;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>What must not be lost and not be done twice: a process killed in the middle of retries, messages that were all sent twice, deliveries that the broker swallows.</summary>
public sealed class ConsumerLossScenarios
{
    [Fact, Scenario("C3", "P26")]
    public async Task A_consumer_whose_deliveries_are_swallowed_is_set_up_anew_after_the_silence()
    {
        // What 3.10 may do after a quorum queue was deleted and created again: to the broker the message is delivered, to the client nothing has happened.
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        FaultHandle swallowed = bed.Faults.FromBroker(AmqpMethod.BasicDeliver).Drop();
        int received = 0;
        await using ISubscription subscription = await client.SubscribeAsync(
            Bed.Queue,
            new LambdaHandler(_ =>
            {
                Interlocked.Increment(ref received);
                return Settlement.Ack;
            }),
            new ConsumerOptions { RefreshIdleAfter = TimeSpan.FromMilliseconds(300) });

        await Bed.AllAsync(Bed.Publish(client, 1));

        await Bed.UntilAsync(() => received == 1 && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0, Consumers: 1 }, "the message and its ack");
        Assert.Equal((1, null), (swallowed.Fired, subscription.Status.LastError));
        Assert.Empty(bed.Journal.StaleAcks());
    }

    [Fact, Scenario("56", "P21,P25")]
    public async Task A_thousand_retries_survive_the_kill_of_their_process()
    {
        const int Count = 1000;
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await Bed.AllAsync(Bed.Publish(client, Count));

        // In the middle: copies under way, acknowledgements not yet sent. It ends itself by SIGKILL.
        ChildResult child = await ChildProcess.RunAsync("sdk-retries-and-dies", bed.Port);
        Assert.Equal(ChildResult.Killed, child.ExitCode);

        var handled = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            handled.AddOrUpdate(message.MessageId!, 1, static (_, runs) => runs + 1);
            return Settlement.Ack;
        });
        await Bed.UntilAsync(() => handled.Count == Count && bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "all messages");

        int twice = handled.Values.Sum() - Count;
        Assert.True(twice <= SdkChildren.RetryPrefetch, string.Create(CultureInfo.InvariantCulture, $"{twice} were handled twice."));
    }

    [Fact, Scenario("56", "P5,P6,P21")]
    public async Task Ten_thousand_messages_that_the_publisher_had_to_send_twice_are_handled_once_each_with_deduplication()
    {
        const int Rounds = 10;
        const int PerRound = 1000;
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        for (int round = 0; round < Rounds; round++)
        {
            // All are stored and none is confirmed; then the connection goes.
            FaultHandle silent = bed.Faults.FromBroker(AmqpMethod.BasicAck).Always().Drop();
            Task<PublishReceipt>[] publishing = Bed.Publish(client, PerRound, first: round * PerRound);
            int stored = ((2 * round) + 1) * PerRound;
            await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue)!.Messages >= stored, "the first copies");
            bed.Line.ResetConnections();
            silent.Cancel();
            PublishReceipt[] receipts = await Bed.AllAsync(publishing);
            Assert.All(receipts, static receipt => Assert.Equal(2, receipt.Attempts));
        }

        int runs = 0;
        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            _ =>
            {
                Interlocked.Increment(ref runs);
                return Settlement.Ack;
            },
            static options =>
            {
                options.Concurrency = 8;
                options.Deduplication = new DeduplicationOptions { Capacity = Rounds * PerRound };
            });
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the end");

        Assert.Equal((Rounds * PerRound, Rounds * PerRound), (runs, (int)subscription.Status.Duplicates));
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Consuming;

/// <summary>The publisher's replays against the consumer's deduplication window.</summary>
public sealed class ReplayDeduplicationTests
{
    private const int Rounds = 10;
    private const int PerRound = 1000;

    [Fact]
    public async Task Ten_thousand_messages_that_the_publisher_had_to_send_again_are_handled_once_each()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient publisher = bed.NewClient();

        // Straight to the broker: only the publisher loses its connection.
        RabbitClient consumer = bed.NewClient(options => options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{bed.Broker.Host}:{bed.Broker.Port}")));
        var runs = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var handler = new LambdaHandler(async (message, _) =>
        {
            // Gives up its thread, so that copies meet each other.
            await Task.Yield();
            runs.AddOrUpdate(message.MessageId!, 1, static (_, count) => count + 1);
            return Settlement.Ack;
        });
        var options = new ConsumerOptions { Prefetch = 500, Concurrency = 16, Deduplication = new DeduplicationOptions { Capacity = 2 * Rounds * PerRound } };
        await using ISubscription subscription = await consumer.SubscribeAsync(Bed.Queue, handler, options).WaitAsync(Bed.Patience);

        for (int round = 0; round < Rounds; round++)
        {
            int before = bed.Published().Count;
            FaultHandle held = bed.Faults.FromBroker(AmqpMethod.BasicAck).Always().Hold();
            Task<PublishReceipt>[] publishing = Bed.Publish(publisher, PerRound, first: round * PerRound);
            await bed.SeeAsync(AmqpMethod.BasicPublish, before + PerRound);
            bed.Line.ResetConnections();
            held.Cancel();
            PublishReceipt[] receipts = await Bed.AllAsync(publishing);
            Assert.All(receipts, static receipt => Assert.True(receipt.Attempts > 1, receipt.ToString()));
        }

        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Messages: 0, Unacked: 0 }, "the end of the queue");
        Assert.Equal(Rounds * PerRound, runs.Count);
        Assert.All(runs, static run => Assert.Equal(1, run.Value));
        Assert.True(subscription.Status.Duplicates > 0, subscription.Status.ToString());
    }
}

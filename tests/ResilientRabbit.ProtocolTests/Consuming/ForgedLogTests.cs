using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Consuming;

/// <summary>What strangers publish and what the broker says stays on one line of the log, and in the status.</summary>
public sealed class ForgedLogTests
{
    private const string Evil = "bye\r\n2026-01-01 ERROR forged\x1b[2J\a\u0085\u2028end";

    [Fact]
    public async Task A_message_id_and_an_exceptions_words_stay_on_their_line()
    {
        await using Bed bed = await Bed.StartAsync();
        using var log = new RecordingLog();
        RabbitClient client = bed.NewClient(log);
        await using ISubscription subscription = await Bed.SubscribeAsync(
            client, static _ => throw new FormatException(Evil), static options => (options.RetryLimit, options.RetryDelays) = (2, [TimeSpan.FromMilliseconds(10)]));

        await PublishEvilAsync(bed);

        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue + ".dead-letter") is { Messages: 1 }, "the parked message");
        await client.DisposeAsync();
        AssertOneLineEach(log, 3);
    }

    [Fact]
    public async Task The_brokers_words_to_a_consumer_stay_on_their_line()
    {
        await using Bed bed = await Bed.StartAsync();
        using var log = new RecordingLog();
        RabbitClient client = bed.NewClient(log);
        await using ISubscription subscription = await Bed.SubscribeAsync(client, static _ => Settlement.Ack);
        bed.Faults.FromClient(AmqpMethod.BasicConsume).CloseChannel(403, Evil);
        FaultHandle lost = bed.Faults.FromBroker(AmqpMethod.BasicDeliver).After().CloseChannel(541, Evil);

        await PublishEvilAsync(bed);

        await Bed.UntilAsync(() => subscription.Status is { Resubscribes: 1, Acknowledged: 1 }, "another consumer");
        Assert.Equal(1, lost.Fired);
        Assert.DoesNotContain(subscription.Status.LastError!, static character => Forges(character));
        AssertOneLineEach(log, 2);
    }

    [Fact]
    public async Task The_brokers_words_to_a_declaration_stay_on_their_line()
    {
        await using Bed bed = await Bed.StartAsync();
        using var log = new RecordingLog();
        RabbitClient client = bed.NewClient(log);
        await client.ConnectAsync().WaitAsync(Bed.Patience);
        bed.Faults.FromClient(AmqpMethod.QueueDeclare).CloseChannel(406, Evil);

        TopologyException refusal = await Assert.ThrowsAsync<TopologyException>(() => client.DeclareAsync(new TopologyBuilder().Queue("x").Build()).WaitAsync(Bed.Patience));

        Assert.DoesNotContain(refusal.Message, static character => Forges(character));
        await client.DisposeAsync();
        AssertOneLineEach(log, 1);
    }

    private static async Task PublishEvilAsync(Bed bed)
    {
        await using IConnection connection = await bed.ConnectPlainAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        await channel.BasicPublishAsync("", Bed.Queue, mandatory: false, new BasicProperties { MessageId = Evil }, "m"u8.ToArray());
    }

    private static bool Forges(char character) => char.IsControl(character) || character is '\u2028' or '\u2029';

    private static void AssertOneLineEach(RecordingLog log, int least)
    {
        Assert.InRange(log.Messages.Count(static line => line.Contains("forged", StringComparison.Ordinal)), least, int.MaxValue);
        Assert.All(log.Messages, static line => Assert.DoesNotContain(line, static character => Forges(character)));
    }
}

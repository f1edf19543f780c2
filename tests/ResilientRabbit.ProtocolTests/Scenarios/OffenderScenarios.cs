using System.Text;
using RabbitMQ.Client;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Messages that the broker refuses by ending the channel, one after the other (scenarios 17 to 19).</summary>
public sealed class OffenderScenarios
{
    public enum Guilt
    {
        MissingExchange,
        NoPermission,
        TooLarge,
        ForeignUserId,
    }

    [Theory, Scenario("17", "P8")]
    [InlineData(Guilt.MissingExchange, 404)]
    [InlineData(Guilt.NoPermission, 403)]
    [InlineData(Guilt.TooLarge, 406)]
    [InlineData(Guilt.ForeignUserId, 406)]
    public async Task A_persistent_offender_ends_its_neighbours_channel_once(Guilt guilt, int replyCode)
    {
        await using Bed bed = await Bed.StartAsync(static options =>
        {
            options.MaxMessageSize = 10_000;
            options.Users.Add(new TestBrokerUser("writer", "secret", Configure: "", Write: "^(amq\\.default|missing)$", Read: ".*"));
        });
        RabbitClient client = bed.NewClient(static options => (options.UserName, options.Password) = ("writer", "secret"));
        await Bed.AllAsync(Bed.Publish(client, 1, first: 1000));
        FaultHandle held = bed.Faults.FromBroker(AmqpMethod.BasicAck).Always().Hold();

        Task<PublishReceipt>[] good = Bed.Publish(client, 100);
        for (int number = 0; number < 10; number++)
        {
            // Each has its outcome while no confirm comes through: a confirm that needs longer than the next offender would never be seen.
            PublishException failure = await Bed.FailsAsync(PublishGuiltyAsync(client, guilt, $"guilty{number}"));
            Assert.Equal((PublishFailure.Refused, replyCode), (failure.Failure, failure.ReplyCode));
        }

        Assert.All(good, static task => Assert.False(task.IsCompleted));
        Assert.Equal(100, client.Status.Publishing.Replayed);
        held.Cancel();
        bed.AssertHonest(await Bed.AllAsync(good));
    }

    [Fact, Scenario("17", "P6,P8")]
    public async Task An_exchange_that_was_missing_is_used_in_order_once_it_is_there()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.Lanes = 3);
        for (int number = 0; number < 3; number++)
        {
            await Bed.FailsAsync(Bed.PublishAsync(client, $"guilty{number}", "late", $"key{number}"));
        }

        await using IConnection connection = await bed.ConnectPlainAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync("late", ExchangeType.Fanout, durable: true);
        await channel.QueueBindAsync(Bed.Queue, "late", "");
        bed.Faults.FromClient(AmqpMethod.BasicPublish).Where(static entry => entry.MessageId is "m00150").Reset();

        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 300, exchange: "late", routingKey: "key0")));

        Assert.Equal(Enumerable.Range(0, 300).Select(Bed.Id), bed.Stored().Distinct(StringComparer.Ordinal));
    }

    [Fact, Scenario("17", "P3,P8")]
    public async Task Messages_in_quarantine_keep_their_deadline_their_cancellation_and_their_count()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await Bed.FailsAsync(Bed.PublishAsync(client, "guilty", "missing"));
        FaultHandle stalled = bed.Faults.FromClient(AmqpMethod.BasicPublish).Where(static entry => entry.MessageId is "first").Always().Stall();
        using var cancelling = new CancellationTokenSource();

        Task<PublishReceipt> first = Bed.PublishAsync(client, "first", "missing");
        await stalled.WaitFiredAsync(Bed.Patience);
        Task<PublishReceipt> late = client.Publisher.PublishAsync(Message("late", TimeSpan.FromMilliseconds(50)), TestContext.Current.CancellationToken).AsTask();
        Task<PublishReceipt> cancelled = client.Publisher.PublishAsync(Message("cancelled", Bed.Patience), cancelling.Token).AsTask();
        PublishException expired = await Bed.FailsAsync(late);
        await cancelling.CancelAsync();

        PublishCanceledException gone = await Assert.ThrowsAsync<PublishCanceledException>(() => cancelled.WaitAsync(Bed.Patience));
        Assert.Equal((PublishFailure.NotSent, PublishFailure.NotSent), (expired.Failure, gone.Failure));
        Assert.Equal(1, client.Status.Publishing.Pending);
        stalled.Cancel();
        Assert.Equal(PublishFailure.Refused, (await Bed.FailsAsync(first)).Failure);
        Assert.Equal((4, 0), (client.Status.Publishing.Submitted, client.Status.Publishing.Pending));
    }

    private static OutboundMessage Message(string id, TimeSpan deadline) => new()
    {
        Exchange = "missing",
        RoutingKey = Bed.Queue,
        Body = "x"u8.ToArray(),
        DeliveryTimeout = deadline,
        Properties = new MessageProperties { MessageId = id },
    };

    private static Task<PublishReceipt> PublishGuiltyAsync(RabbitClient client, Guilt guilt, string id) => guilt switch
    {
        Guilt.MissingExchange => Bed.PublishAsync(client, id, exchange: "missing"),
        Guilt.NoPermission => Bed.PublishAsync(client, id, exchange: "amq.topic"),
        Guilt.TooLarge => Bed.PublishAsync(client, id, body: new string('x', 10_001)),
        _ => client.Publisher.PublishAsync("", Bed.Queue, Encoding.UTF8.GetBytes("x"), new MessageProperties { MessageId = id, UserId = "somebody-else" }).AsTask(),
    };
}

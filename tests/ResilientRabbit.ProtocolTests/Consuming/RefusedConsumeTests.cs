using System.Collections.Concurrent;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Consuming;

/// <summary>A consume that the broker refuses for a while costs that while and nothing else.</summary>
public sealed class RefusedConsumeTests
{
    private const string User = "app";
    private const string Own = "own";

    [Theory]
    [InlineData("classic")]
    [InlineData("quorum")]
    public async Task A_consumer_whose_permission_was_taken_away_consumes_again_when_it_is_given_back(string type)
    {
        await using Bed bed = await Bed.StartAsync(static options => options.Users.Add(new TestBrokerUser(User, User)));
        await bed.DeclareAsync(Own, ("x-queue-type", type));
        RabbitClient client = bed.NewClient(static options => (options.UserName, options.Password) = (User, User));
        var received = new ConcurrentQueue<string?>();
        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            message =>
            {
                received.Enqueue(message.MessageId);
                return Settlement.Ack;
            },
            queue: Own);

        // A consumer that is there stays; its successor is refused.
        bed.Broker.SetUser(new TestBrokerUser(User, User, Read: "^$"));
        await bed.Broker.CloseAllConnectionsAsync();
        await Bed.UntilAsync(() => subscription.Status.LastError?.StartsWith("403", StringComparison.Ordinal) == true, "the refusal");
        int refused = Consumes(bed);
        await Bed.UntilAsync(() => Consumes(bed) >= refused + 3, "three more attempts");
        await Bed.AllAsync(Bed.Publish(client, 5, routingKey: Own));
        Assert.Equal((SubscriptionState.Resubscribing, 0), (subscription.Status.State, received.Count));

        bed.Broker.SetUser(new TestBrokerUser(User, User));
        await Bed.SoonAsync(() => received.Count == 5 && bed.Broker.Queue(Own) is { Messages: 0, Unacked: 0, Consumers: 1 }, "the messages, and one consumer");

        // The refusal is the channel's end and not the connection's.
        Assert.All(client.Status.Connections, static connection => Assert.InRange(connection.Losses, 0, 1));
    }

    private static int Consumes(Bed bed) => bed.Journal.Entries.Count(static entry => entry is { Method: AmqpMethod.BasicConsume, Direction: FrameDirection.FromClient });
}

using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Refused users, secrets and virtual hosts (scenarios 61 to 63).</summary>
public sealed class AccessScenarios
{
    [Fact, Scenario("61", "P14,P28")]
    public async Task A_refused_password_is_named_and_not_hammered()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options =>
        {
            options.Password = TestLog.Canary;
            options.ReconnectMaxDelay = TimeSpan.FromMinutes(5);
            options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(2);
        });

        PublishException failure = await Bed.FailsAsync(Bed.Publish(client, 1)[0]);

        Assert.Equal((PublishFailure.NotSent, false), (failure.Failure, failure.MayBeStored));
        Assert.Equal(ConnectionFailureReason.AuthenticationFailed, Assert.IsType<ConnectionException>(failure.InnerException).Reason);
        Assert.Equal(ConnectionState.Faulted, client.Status.State);

        // Publishing needs one connection, and its next attempt comes at the longest delay.
        Assert.Equal(1, bed.Line.AcceptedCount);
        Assert.DoesNotContain(TestLog.Canary, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact, Scenario("61", "P13,P14,P30")]
    public async Task A_user_that_the_broker_learns_to_know_is_let_in_without_a_restart()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => (options.UserName, options.Password) = ("late", "secret"));
        Task<PublishReceipt>[] publishing = Bed.Publish(client, 3);
        await Bed.UntilAsync(() => client.Status.State == ConnectionState.Faulted, "the refusal");

        bed.Broker.SetUser(new TestBrokerUser("late", "secret"));

        bed.AssertHonest(await Bed.AllAsync(publishing));
    }

    [Fact, Scenario("62", "P30")]
    public async Task A_new_secret_is_accepted_and_remembered_or_refused_with_530()
    {
        await using Bed bed = await Bed.StartAsync();
        await using IConnection connection = await bed.Driver().CreateConnectionAsync();

        // Only an opened channel proves that the connection is open (C16): the driver gives a late open-ok to whoever asks next.
        await using IChannel channel = await connection.CreateChannelAsync();
        await connection.UpdateSecretAsync("next", "a drill").WaitAsync(Bed.Patience);
        Assert.Equal("next", bed.Broker.LastUpdatedSecret);
        Task<ShutdownEventArgs> closed = Conformance.Bench.Closed(connection);

        bed.Broker.RefusesSecretUpdates = true;
        await Assert.ThrowsAnyAsync<Exception>(() => connection.UpdateSecretAsync("other", "a drill").WaitAsync(Bed.Patience));

        Assert.Equal((ushort)530, (await closed.WaitAsync(Bed.Patience)).ReplyCode);
    }

    [Fact, Scenario("62", "P5,P13,P30")]
    public async Task A_connection_closed_because_its_secret_expired_loses_nothing()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        bed.Faults.OnPublish.Next(confirm: Confirm.Drop, count: 5);
        FaultHandle close = bed.Faults.FromClient(AmqpMethod.BasicPublish).Nth(10).After().CloseConnection(530, "NOT_ALLOWED - New secret was refused by one of the backends");

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 20));

        Assert.Equal(1, close.Fired);
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("63", "P14")]
    public async Task A_missing_virtual_host_is_named_and_not_hammered_and_used_when_it_is_there()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options =>
        {
            options.VirtualHost = "later";
            options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(2);
            options.ReconnectMaxDelay = TimeSpan.FromMinutes(5);
        });
        PublishException failure = await Bed.FailsAsync(Bed.Publish(client, 1)[0]);
        Assert.Equal((PublishFailure.NotSent, ConnectionFailureReason.VirtualHostRefused), (failure.Failure, Assert.IsType<ConnectionException>(failure.InnerException).Reason));
        Assert.Equal(1, bed.Line.AcceptedCount);

        bed.Broker.AddVirtualHost("later");
        RabbitClient second = bed.NewClient(static options => options.VirtualHost = "later");
        PublishException unroutable = await Bed.FailsAsync(Bed.Publish(second, 1)[0]);

        Assert.Equal(PublishFailure.Unroutable, unroutable.Failure);
    }
}

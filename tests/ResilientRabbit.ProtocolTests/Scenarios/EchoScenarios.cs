using System.Text;
using RabbitMQ.Client;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Brokers, or who stands in their place, that say the client's password aloud: nothing of ours repeats it.</summary>
public sealed class EchoScenarios
{
    private const string Words = "the password " + TestLog.Canary + " is";

    private static readonly string Masked = "the password " + new string('*', TestLog.Canary.Length) + " is";

    [Theory, Scenario("61", "P28")]
    [InlineData(403)]
    [InlineData(530)]
    [InlineData(320)]
    public async Task A_refusal_during_the_handshake_that_echoes_the_password_is_told_without_it(int code)
    {
        await using Bed bed = await StartAsync();
        using var log = new RecordingLog();
        bed.Faults.FromBroker(AmqpMethod.ConnectionTune).Always().Replace(AmqpFrames.ConnectionClose(code, Words));
        RabbitClient client = NewClient(bed, log, static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(1));

        PublishException failure = await Bed.FailsAsync(Bed.Publish(client, 1)[0]);

        Assert.Contains(Masked, failure.ToString(), StringComparison.Ordinal);
        AssertSilent(client, log, failure);
    }

    [Fact, Scenario("61", "P28")]
    public async Task A_connection_that_is_closed_with_the_password_is_lost_without_it()
    {
        await using Bed bed = await StartAsync();
        using var log = new RecordingLog();
        RabbitClient client = NewClient(bed, log);
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 1));

        await bed.Broker.CloseAllConnectionsAsync(Words);
        await Bed.UntilAsync(() => log.Count(1003) > 0, "the loss");
        PublishReceipt[] after = await Bed.AllAsync(Bed.Publish(client, 1, first: 1));

        bed.AssertHonest([.. before, .. after]);
        Assert.Contains(log.Lines, static line => line.Contains(Masked, StringComparison.Ordinal));
        AssertSilent(client, log);
    }

    [Fact, Scenario("61", "P28")]
    public async Task A_message_for_which_the_channel_is_closed_with_the_password_fails_without_it()
    {
        await using Bed bed = await StartAsync();
        using var log = new RecordingLog();
        RabbitClient client = NewClient(bed, log);
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 1));
        int channel = bed.Published()[0].Channel;
        bed.Faults.FromClient(AmqpMethod.BasicPublish).Always().Instead().Send(AmqpFrames.ChannelClose(channel, 403, Words, AmqpMethod.BasicPublish));

        // The broker itself closed nothing: it is told, and its answer is for nobody.
        bed.Faults.FromClient(AmqpMethod.ChannelCloseOk).Always().Replace(static entry => AmqpFrames.ChannelClose(entry.Channel, 200, "bye"));
        bed.Faults.FromBroker(AmqpMethod.ChannelCloseOk).Always().Drop();

        PublishException failure = await Bed.FailsAsync(Bed.PublishAsync(client, "refused"));

        Assert.Equal((PublishFailure.Refused, Masked), (failure.Failure, failure.ReplyText));
        bed.AssertHonest(before);
        AssertSilent(client, log, failure);
    }

    [Fact, Scenario("61", "P28")]
    public async Task A_block_with_the_password_for_its_reason_is_told_without_it()
    {
        await using Bed bed = await StartAsync();
        using var log = new RecordingLog();
        RabbitClient client = NewClient(bed, log);
        await Bed.AllAsync(Bed.Publish(client, 1));

        // A broker tells those who publish.
        await bed.Broker.BlockAsync(Words);
        Task<PublishReceipt>[] during = Bed.Publish(client, 1, first: 1);
        await Bed.UntilAsync(() => client.Status.BlockedReason is not null, "the block");

        Assert.Equal(Masked, client.Status.BlockedReason);
        AssertSilent(client, log);
        await bed.Broker.UnblockAsync();
        bed.AssertHonest(await Bed.AllAsync(during));
    }

    [Fact, Scenario("62", "P28,P30")]
    public async Task A_secret_that_was_renewed_is_masked_like_the_first()
    {
        await using Bed bed = await StartAsync();
        using var log = new RecordingLog();
        int number = 0;
        RabbitClient client = NewClient(bed, log, options => options.CredentialsProvider = new Provider(() => Interlocked.Increment(ref number) == 1
            ? new RabbitCredentials("guest", "guest", DateTimeOffset.UtcNow + TimeSpan.FromSeconds(2))
            : new RabbitCredentials("guest", TestLog.Canary)));
        await Bed.AllAsync(Bed.Publish(client, 1));
        await Bed.UntilAsync(() => log.Count(1018) == 1, "the renewal");

        await bed.Broker.CloseAllConnectionsAsync(Words);
        await Bed.UntilAsync(() => log.Count(1003) > 0, "the loss");

        Assert.Contains(log.Lines, static line => line.Contains(Masked, StringComparison.Ordinal));
        AssertSilent(client, log);
    }

    [Fact, Scenario("61", "P28")]
    public async Task A_broker_whose_properties_hold_the_password_is_shown_without_it()
    {
        await using Bed bed = await StartAsync(static options =>
        {
            options.ServerProperties["cluster_name"] = Words;
            options.ServerProperties["where"] = "rabbit@" + TestLog.Canary;
            options.ServerProperties["version"] = TestLog.Canary;
        });
        using var log = new RecordingLog();
        RabbitClient client = NewClient(bed, log, static options => options.NodeNameProperty = "where");
        await Bed.AllAsync(Bed.Publish(client, 1));
        await using IConnection raw = await client.ConnectionFactory.CreateConnectionAsync("raw").WaitAsync(Bed.Patience);

        Assert.Equal((Masked, "rabbit@" + new string('*', TestLog.Canary.Length)), (client.Status.Connections[0].ClusterName, client.Status.Connections[0].NodeName));
        Assert.All(raw.ServerProperties!.Values.OfType<byte[]>(), static value => Assert.DoesNotContain(TestLog.Canary, Encoding.UTF8.GetString(value), StringComparison.Ordinal));
        AssertSilent(client, log);
    }

    [Fact, Scenario("61", "P28")]
    public async Task A_broker_whose_only_mechanism_is_the_password_is_left_without_it()
    {
        await using Bed bed = await StartAsync();
        await using TestBroker strange = await TestBroker.StartAsync(new TestBrokerOptions { Mechanisms = { [0] = "X-" + TestLog.Canary, [1] = "Y" } });
        using var log = new RecordingLog();
        RabbitClient client = NewClient(bed, log, options =>
        {
            options.Endpoints.Add(FormattableString.Invariant($"{strange.Host}:{strange.Port}"));
            options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(1);
        });

        PublishException failure = await Bed.FailsAsync(Bed.Publish(client, 1)[0]);

        Assert.Contains("X-" + new string('*', TestLog.Canary.Length), failure.ToString(), StringComparison.Ordinal);
        AssertSilent(client, log, failure);
    }

    private static Task<Bed> StartAsync(Action<TestBrokerOptions>? configure = null) => Bed.StartAsync(options =>
    {
        options.Users.Add(new TestBrokerUser("nova", TestLog.Canary));
        configure?.Invoke(options);
    });

    private static RabbitClient NewClient(Bed bed, RecordingLog log, Action<ResilientRabbitOptions>? configure = null) => bed.NewClient(log, options =>
    {
        (options.UserName, options.Password) = ("nova", TestLog.Canary);
        configure?.Invoke(options);
    });

    private static void AssertSilent(RabbitClient client, RecordingLog log, Exception? failure = null)
    {
        Assert.DoesNotContain(TestLog.Canary, failure?.ToString() ?? "", StringComparison.Ordinal);
        Assert.DoesNotContain(TestLog.Canary, client.Status.ToString(), StringComparison.Ordinal);
        Assert.All(client.Status.Connections, static connection => Assert.DoesNotContain(TestLog.Canary, connection.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, static line => line.Contains(TestLog.Canary, StringComparison.Ordinal));
    }

    private sealed class Provider(Func<RabbitCredentials> get) : IRabbitCredentialsProvider
    {
        public ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(get());
    }
}

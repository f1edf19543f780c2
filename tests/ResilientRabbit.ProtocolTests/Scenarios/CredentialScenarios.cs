using System.Diagnostics;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Secrets that rotate and expire.</summary>
public sealed class CredentialScenarios
{
    private const string Secret = "zq9" + "CANARY" + "q9z";

    [Fact, Scenario("61,62", "P14,P28,P30")]
    public async Task A_password_that_was_changed_at_the_broker_costs_nothing_but_refusals_at_the_slowest_pace()
    {
        TimeSpan cap = TimeSpan.FromMilliseconds(500);
        await using Bed bed = await Bed.StartAsync();
        using var log = new RecordingLog();
        var provider = new Provider(() => new RabbitCredentials("guest", "guest"));
        RabbitClient client = bed.NewClient(log, options => (options.CredentialsProvider, options.ReconnectMaxDelay) = (provider, cap));
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 20));

        bed.Broker.SetUser(new TestBrokerUser("guest", Secret));
        await bed.Broker.CloseAllConnectionsAsync();
        Task<PublishReceipt>[] during = Bed.Publish(client, 20, first: 20);
        long start = Stopwatch.GetTimestamp();
        int accepted = bed.Line.AcceptedCount;
        await Bed.UntilAsync(() => bed.Line.AcceptedCount >= accepted + 4, "four refusals");
        TimeSpan outage = Stopwatch.GetElapsedTime(start);
        int attempts = bed.Line.AcceptedCount - accepted;
        int calls = provider.Calls;
        provider.Get = static () => new RabbitCredentials("guest", Secret);
        PublishReceipt[] receipts = await Bed.AllAsync(during);

        bed.AssertHonest([.. before, .. receipts]);
        Assert.True(attempts <= (outage / cap) + 1.5, $"{attempts} attempts in {outage}.");
        Assert.Equal(bed.Line.AcceptedCount, provider.Calls);
        Assert.True(calls >= attempts);
        Assert.DoesNotContain(log.Lines, static line => line.Contains(Secret, StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, client.Status + string.Join('\n', client.Status.Connections), StringComparison.Ordinal);
    }

    [Fact, Scenario("62", "P30")]
    public async Task A_secret_that_expires_is_renewed_on_the_living_connection()
    {
        await using Bed bed = await Bed.StartAsync();
        using var log = new RecordingLog();
        int number = 0;
        var provider = new Provider(() => Interlocked.Increment(ref number) == 1
            ? new RabbitCredentials("guest", "guest", DateTimeOffset.UtcNow + TimeSpan.FromSeconds(2))
            : new RabbitCredentials("guest", Secret));
        RabbitClient client = bed.NewClient(log, options => options.CredentialsProvider = provider);
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 3));

        await Bed.UntilAsync(() => log.Count(1018) == 1, "the renewal");
        PublishReceipt[] after = await Bed.AllAsync(Bed.Publish(client, 3, first: 3));

        Assert.Equal(Secret, bed.Broker.LastUpdatedSecret);
        Assert.Equal(1, bed.Line.AcceptedCount);
        Assert.DoesNotContain(log.Lines, static line => line.Contains(Secret, StringComparison.Ordinal));
        bed.AssertHonest([.. before, .. after]);
    }

    [Fact, Scenario("62", "P5,P30")]
    public async Task A_renewal_that_the_broker_refuses_costs_a_reconnect_and_no_message()
    {
        await using Bed bed = await Bed.StartAsync();
        bed.Broker.RefusesSecretUpdates = true;
        int number = 0;
        var provider = new Provider(() => Interlocked.Increment(ref number) switch
        {
            1 => new RabbitCredentials("guest", "guest", DateTimeOffset.UtcNow + TimeSpan.FromSeconds(2)),
            2 => new RabbitCredentials("guest", Secret),
            _ => new RabbitCredentials("guest", "guest"),
        });
        RabbitClient client = bed.NewClient(options => options.CredentialsProvider = provider);
        List<Task<PublishReceipt>> publishing = [];

        await Bed.UntilAsync(
            () =>
            {
                publishing.AddRange(Bed.Publish(client, 3, first: publishing.Count));
                return bed.Line.AcceptedCount == 2;
            },
            "the next connection");
        publishing.AddRange(Bed.Publish(client, 3, first: publishing.Count));

        bed.AssertHonest(await Bed.AllAsync(publishing));
        Assert.Equal(3, provider.Calls);
    }

    [Fact, Scenario("61", "P14,P28")]
    public async Task A_provider_that_fails_is_named_without_its_words_and_asked_again()
    {
        await using Bed bed = await Bed.StartAsync();
        using var log = new RecordingLog();
        var provider = new Provider(static () => throw new InvalidOperationException(Secret));
        RabbitClient client = bed.NewClient(log, options =>
        {
            options.CredentialsProvider = provider;
            options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(1);
        });

        PublishException failure = await Bed.FailsAsync(Bed.Publish(client, 1)[0]);
        Assert.Equal(ConnectionFailureReason.CredentialsUnavailable, Assert.IsType<ConnectionException>(failure.InnerException).Reason);
        Assert.Equal(0, bed.Line.AcceptedCount);
        provider.Get = static () => new RabbitCredentials("guest", "guest");
        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 1, first: 1));

        bed.AssertHonest(receipts);
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(log.Lines, static line => line.Contains(Secret, StringComparison.Ordinal));
    }

    private sealed class Provider(Func<RabbitCredentials> get) : IRabbitCredentialsProvider
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public Func<RabbitCredentials> Get { get; set; } = get;

        public ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            return ValueTask.FromResult(Get());
        }
    }
}

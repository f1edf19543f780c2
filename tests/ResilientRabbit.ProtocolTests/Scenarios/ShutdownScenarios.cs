using System.Diagnostics;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Closing while the other side does not help, and what is left afterwards.</summary>
public sealed class ShutdownScenarios
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2) + TimeSpan.FromSeconds(1);

    [Theory, Scenario("28,31", "P4,P20")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposing_ends_in_time_while_the_broker_stands_still(bool withPending)
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await client.ConnectAsync().WaitAsync(Bed.Patience);
        await Bed.AllAsync(Bed.Publish(client, 3));
        await using ISubscription subscription = await Bed.SubscribeAsync(client, static _ => Settlement.Ack);
        await bed.Broker.FreezeAsync();
        Task<PublishReceipt>[] pending = withPending ? Bed.Publish(client, 10, first: 3) : [];

        long start = Stopwatch.GetTimestamp();
        await client.DisposeAsync().AsTask().WaitAsync(Bed.Patience);
        TimeSpan taken = Stopwatch.GetElapsedTime(start);

        Assert.True(taken <= Limit, $"It took {taken}.");
        foreach (Task<PublishReceipt> message in pending)
        {
            Assert.Equal(PublishFailure.Unknown, (await Bed.FailsAsync(message)).Failure);
        }

        await Bed.UntilAsync(() => client.TeardownsRunning == 0, "no work left behind");

        // The proxy holds its own connections to the broker that stands still until then.
        await bed.Broker.ThawAsync();
        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0, "no socket left behind");
    }

    [Theory, Scenario("31,36", "P4,P20")]
    [InlineData("refused")]
    [InlineData("silent")]
    public async Task Disposing_in_the_middle_of_reconnecting_ends_at_once_and_leaves_nothing(string state)
    {
        await using Bed bed = await Bed.StartAsync();
        using var log = new RecordingLog();
        RabbitClient client = bed.NewClient(log, static options => options.ConnectTimeout = TimeSpan.FromSeconds(20));
        await client.ConnectAsync().WaitAsync(Bed.Patience);
        FaultHandle? silence = state is "silent" ? bed.Faults.AtConnect().Always().AcceptThenSilence() : null;
        if (state is "refused")
        {
            bed.Line.RefuseConnections();
        }

        int attempts = log.Count(1000);
        bed.Line.ResetConnections();
        await Bed.UntilAsync(() => log.Count(1000) >= attempts + 2, "attempts of both connections");
        Task<PublishReceipt>[] pending = Bed.Publish(client, 3);

        long start = Stopwatch.GetTimestamp();
        await client.DisposeAsync().AsTask().WaitAsync(Bed.Patience);
        TimeSpan taken = Stopwatch.GetElapsedTime(start);

        Assert.True(taken <= Limit, $"It took {taken}.");
        foreach (Task<PublishReceipt> message in pending)
        {
            Assert.Equal(PublishFailure.NotSent, (await Bed.FailsAsync(message)).Failure);
        }

        int made = log.Count(1000);
        silence?.Cancel();
        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0 && client.TeardownsRunning == 0, "nothing left behind");
        Assert.Equal(made, log.Count(1000));
    }

    [Fact, Scenario("29,30", "P13,P19,P20")]
    public async Task First_attempts_that_fail_leave_no_socket_and_no_work_behind()
    {
        await using Bed bed = await Bed.StartAsync();
        FaultHandle reset = bed.Faults.FromClient(AmqpMethod.ConnectionStartOk).Times(10).Instead().Reset();
        FaultHandle fin = bed.Faults.FromClient(AmqpMethod.ConnectionOpen).Times(10).Instead().Fin();
        RabbitClient client = bed.NewClient();

        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 3)));

        Assert.Equal((10, 10), (reset.Fired, fin.Fired));
        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 1 && client.TeardownsRunning == 0, "one socket, and no work");
    }
}

using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>A broker that blocks its publishers is not dead.</summary>
[Collection(ClusterGroup.Name)]
public sealed class AlarmTests(ClusterFixture fixture)
{
    private static readonly TimeSpan Alarm = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ShortDeadline = TimeSpan.FromSeconds(5);

    /// <summary>The promise is 100 ms; a build machine with two busy cores may add its own.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_memory_alarm_of_15_seconds_costs_no_connection_and_no_message_that_has_the_time()
    {
        IRabbitCluster cluster = fixture.Cluster;
        await cluster.RepairAsync();
        string queue = "alarm-" + Guid.NewGuid().ToString("N");
        await cluster.DeclareQueueAsync(queue, quorum: false);
        await using RabbitClient patient = NewClient(TimeSpan.FromSeconds(60));
        await using RabbitClient hasty = NewClient(ShortDeadline);
        await patient.ConnectAsync(TestContext.Current.CancellationToken);
        await hasty.ConnectAsync(TestContext.Current.CancellationToken);
        int reconnects = 0;
        foreach (RabbitClient client in new[] { patient, hasty })
        {
            client.StatusChanged += (_, change) =>
            {
                // Losses: how it came to be connected may be told late.
                if (change is { Previous.State: ConnectionState.Connected, Current.State: not ConnectionState.Connected })
                {
                    Interlocked.Increment(ref reconnects);
                }
            };
        }

        using var stop = new CancellationTokenSource();
        var load = new[] { new Load(patient, queue), new Load(hasty, queue) };
        Task[] running = [.. load.Select(one => one.RunAsync(stop.Token))];
        await UntilAsync(() => load.All(static one => one.Confirmed > 100));

        await Task.WhenAll(cluster.Nodes.Select(static node => node.RaiseMemoryAlarmAsync()));
        await UntilAsync(() => patient.Status.BlockedReason is not null && hasty.Status.BlockedReason is not null);

        // The fault itself lasts this long; nothing waits for it to be right.
        await Task.Delay(Alarm);
        int failedUnderAlarm = load[1].Failures.Count;
        long before = load[0].Confirmed;
        await Task.WhenAll(cluster.Nodes.Select(static node => node.ClearMemoryAlarmAsync()));
        long cleared = Stopwatch.GetTimestamp();
        await UntilAsync(() => load[0].Confirmed > before);
        TimeSpan resumed = Stopwatch.GetElapsedTime(cleared);
        await UntilAsync(() => load[1].Confirmed > 0);
        await stop.CancelAsync();
        await Task.WhenAll(running).WaitAsync(TimeSpan.FromSeconds(70));

        TimeSpan latest = load[1].Failures.Max(static failure => failure.After);
        FaultReport.Write(
            $"memory alarm of {Alarm.TotalSeconds:0} s: {reconnects} reconnects; deadline 60 s: {load[0].Failures.Count} failures; deadline 5 s: {load[1].Failures.Count} failures "
            + $"({failedUnderAlarm} while blocked), the latest after {FaultReport.Milliseconds(latest)}; first confirm {FaultReport.Milliseconds(resumed)} after the alarm was cleared");
        Assert.Equal(0, reconnects);
        Assert.Empty(load[0].Failures);
        Assert.True(failedUnderAlarm > 0, "No message of the hasty client met the alarm.");
        Assert.All(load[1].Failures, static failure => Assert.True(failure.Failure is PublishFailure.NotSent or PublishFailure.Unknown));
        Assert.All(load[1].Failures, static failure => Assert.InRange(failure.After, ShortDeadline, ShortDeadline + Slack));
        Assert.True(resumed < TimeSpan.FromSeconds(3), $"Publishing went on only {resumed} after the alarm was cleared.");

        IReadOnlyList<DrainedMessage> found = await cluster.DrainAsync(queue);
        HashSet<string> ids = [.. found.Select(static message => message.MessageId!)];
        Assert.All(load, one => Assert.Superset(one.ConfirmedIds, ids));
        Assert.DoesNotContain(load[1].Failures, failure => failure.Failure == PublishFailure.NotSent && ids.Contains(failure.Id));
        await cluster.DeleteQueueAsync(queue);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "The condition did not come about.");
            await Task.Delay(20);
        }
    }

    private RabbitClient NewClient(TimeSpan deliveryTimeout)
    {
        var options = new ResilientRabbitOptions { UserName = fixture.Cluster.UserName, Password = fixture.Cluster.Password };
        options.Publisher.DeliveryTimeout = deliveryTimeout;
        options.Publisher.ConfirmStallTimeout = TimeSpan.FromSeconds(4);
        foreach (IRabbitNode node in fixture.Cluster.Nodes)
        {
            options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{node.Address.Host}:{node.Address.Port}"));
        }

        return new RabbitClient(options, TestLog.Create());
    }

    private sealed class Load(RabbitClient client, string queue)
    {
        private readonly Lock _gate = new();
        private int _sequence;
        private long _confirmed;

        public long Confirmed => Interlocked.Read(ref _confirmed);

        public HashSet<string> ConfirmedIds { get; } = new(StringComparer.Ordinal);

        public List<(string Id, PublishFailure Failure, TimeSpan After)> Failures { get; } = [];

        public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, 16).Select(_ => PumpAsync(cancellationToken)));

        private async Task PumpAsync(CancellationToken cancellationToken)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                long start = Stopwatch.GetTimestamp();
                try
                {
                    PublishReceipt receipt = await client.Publisher.PublishAsync("", queue, TestBody.Create("k", Interlocked.Increment(ref _sequence)), cancellationToken: CancellationToken.None);
                    lock (_gate)
                    {
                        ConfirmedIds.Add(receipt.MessageId);
                    }

                    Interlocked.Increment(ref _confirmed);
                }
                catch (PublishException failure)
                {
                    lock (_gate)
                    {
                        Failures.Add((failure.MessageId, failure.Failure, Stopwatch.GetElapsedTime(start)));
                    }
                }

                // The pace of the load; nothing waits for it to be right.
                await Task.Delay(10, CancellationToken.None);
            }
        }
    }
}

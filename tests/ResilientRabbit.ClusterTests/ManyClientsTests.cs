using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>Fifty clients of one cluster: what is harmless in one must not become a storm in all.</summary>
[Collection(ClusterGroup.Name)]
public sealed class ManyClientsTests(ClusterFixture fixture)
{
    private const int Clients = 50;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    [Fact]
    public async Task Fifty_clients_that_lose_one_node_of_three_lose_no_message_and_do_not_storm_the_others()
    {
        IRabbitCluster cluster = fixture.Cluster;
        await cluster.RepairAsync();
        string queue = "many-" + Guid.NewGuid().ToString("N");
        await cluster.DeclareQueueAsync(queue, quorum: true);
        await using ProxyRow row = await ProxyRow.StartAsync(cluster);
        RabbitClient[] clients = [.. Enumerable.Range(0, Clients).Select(number => NewClient(row, number))];
        SteadyPublisher[] publishers = [.. clients.Select((client, number) => new SteadyPublisher(client, queue, string.Create(CultureInfo.InvariantCulture, $"client{number}"), Pace))];
        try
        {
            await Task.WhenAll(clients.Select(static client => client.ConnectAsync(TestContext.Current.CancellationToken)));
            Array.ForEach(publishers, static publisher => publisher.Start());
            await Until.TrueAsync(() => publishers.All(static publisher => publisher.Confirmed >= 5), () => "Not every client publishes.");
            IRabbitNode victim = cluster.Nodes[1];
            int carried = row[1].ConnectionCount;
            Assert.InRange(carried, Clients / 2, 2 * Clients);

            long killed = Stopwatch.GetTimestamp();
            var meter = new AttemptMeter(row.Proxies);
            await using (meter)
            {
                await victim.KillAsync();
                await Until.TrueAsync(() => publishers.All(publisher => publisher.HasConfirmedAfter(killed)), () => "Not every client publishes again.");

                // What comes late is looked for as well; nothing waits for it to be right.
                await Task.Delay(TimeSpan.FromSeconds(10));
            }

            await cluster.RepairAsync();
            await Task.WhenAll(publishers.Select(static publisher => publisher.StopAsync(TimeSpan.FromSeconds(130))));
            Verdict verdict = await CheckAsync(queue, publishers);
            FaultReport.Write(string.Create(CultureInfo.InvariantCulture,
                $"{Clients} clients, node with {carried} connections killed: {meter.InFirstSecond} attempts in the first second, at most {meter.MostInALaterSecond} in a later one, {meter.Count} in all | {verdict}"));
            Assert.True(verdict is { IsSafe: true, Failed: 0, Unknown: 0 }, $"{verdict}");
            Assert.InRange(meter.Count, carried, 4 * carried);
            Assert.InRange(meter.InFirstSecond, 1, 50);
            Assert.InRange(meter.MostInALaterSecond, 0, 10);
        }
        finally
        {
            await Task.WhenAll(clients.Select(static client => client.DisposeAsync().AsTask()));
            await cluster.RepairAsync();
            await cluster.DeleteQueueAsync(queue);
        }
    }

    private async Task<Verdict> CheckAsync(string queue, IEnumerable<SteadyPublisher> publishers)
    {
        IReadOnlyList<DrainedMessage> drained = await fixture.Cluster.DrainAsync(queue);
        return HistoryChecker.Check([.. publishers.SelectMany(static publisher => publisher.Sent)], [.. drained.Select(TestBody.Read)]);
    }

    private RabbitClient NewClient(ProxyRow row, int number)
    {
        var options = new ResilientRabbitOptions
        {
            UserName = fixture.Cluster.UserName,
            Password = fixture.Cluster.Password,
            ClientName = string.Create(CultureInfo.InvariantCulture, $"many-{number}"),
        };
        row.AddTo(options.Endpoints);
        return new RabbitClient(options, TestLog.Create());
    }
}

using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>Draws the state of the client, its connections and the nodes again and again.</summary>
internal sealed class Board(Screen screen, IRabbitCluster cluster, IRabbitClient client, ConnectionMap map, Tally tally)
{
    private static readonly TimeSpan MapInterval = TimeSpan.FromSeconds(1);
    private int _lastConfirmed;
    private long _lastTime = Stopwatch.GetTimestamp();

    public async Task RunAsync(CancellationToken stopping)
    {
        await Task.WhenAll(
            RepeatAsync(screen.Interval, Draw, stopping),
            RepeatAsync(MapInterval, () => map.RefreshAsync(stopping), stopping));
    }

    public static string ShortName(string? node) => node is null ? "-" : node[..node.IndexOfAny(['-', '@'])];

    private static async Task RepeatAsync(TimeSpan interval, Func<Task> action, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval);
        try
        {
            do
            {
                await action();
            }
            while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The end of the demo.
        }
    }

    private Task Draw()
    {
        var status = client.Status;
        var rate = TakeRate();
        var numbers = string.Create(
            CultureInfo.InvariantCulture,
            $"confirmed {tally.Confirmed} ({rate:0}/s), in flight {status.Publishing.Pending}, received {tally.Received}, duplicates {tally.Duplicates}, lost {tally.CountOverdue()}");

        List<string> table =
        [
            "",
            $"{cluster.Description}    client: {status.State}",
            numbers,
            "",
            $"{"connection",-28}{"state",-14}{"real node",-12}{"endpoint",-24}losses",
        ];
        table.AddRange(status.Connections.Select(connection => string.Create(
            CultureInfo.InvariantCulture,
            $"{connection.Name,-28}{connection.State,-14}{NodeOf(connection),-12}{connection.Endpoint ?? "-",-24}{connection.Losses}")));
        table.Add("");
        table.Add("nodes: " + string.Join("   ", cluster.Nodes.Select(node => $"{ShortName(node.Name)} {(node.IsRunning ? "up" : "DOWN")}")));

        var places = status.Connections.Select(connection => $"{connection.Name[(connection.Name.LastIndexOf(':') + 1)..]}={NodeOf(connection)}");
        screen.Show(table, $"{status.State}: {string.Join(' ', places)}, {numbers}");

        return Task.CompletedTask;
    }

    private string NodeOf(ConnectionStatus connection) => connection.State == ConnectionState.Connected ? ShortName(map.FindNode(connection.Name)) : "-";

    private double TakeRate()
    {
        var now = Stopwatch.GetTimestamp();
        var confirmed = tally.Confirmed;
        var rate = (confirmed - _lastConfirmed) / Math.Max(Stopwatch.GetElapsedTime(_lastTime, now).TotalSeconds, 0.001);
        _lastConfirmed = confirmed;
        _lastTime = now;

        return rate;
    }
}

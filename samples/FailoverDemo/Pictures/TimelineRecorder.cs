using System.Diagnostics;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.Samples.FailoverDemo.Pictures;

/// <summary>Writes down ten times a second what was confirmed and received, and where each connection was.</summary>
internal sealed class TimelineRecorder(IRabbitCluster cluster, IRabbitClient client, Tally tally, ConnectionMap map)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<TimelineSample> _samples = [];
    private readonly List<(double Seconds, string Text)> _marks = [];

    public IReadOnlyList<TimelineSample> Samples => _samples;

    public IReadOnlyList<(double Seconds, string Text)> Marks
    {
        get
        {
            lock (_marks)
            {
                return [.. _marks];
            }
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                var status = client.Status;
                _samples.Add(new TimelineSample(
                    Seconds,
                    tally.Confirmed,
                    tally.Received,
                    status.Publishing.Pending,
                    [.. status.Connections.Select(connection => (connection.Name[(connection.Name.LastIndexOf(':') + 1)..], PlaceOf(connection)))]));
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The end of the demo.
        }
    }

    /// <summary>Notes what was done to the cluster.</summary>
    public void Mark(string text)
    {
        lock (_marks)
        {
            _marks.Add((Seconds, text));
        }
    }

    private double Seconds => Stopwatch.GetElapsedTime(_start).TotalSeconds;

    /// <summary>The node by the address where the client knows the nodes; otherwise as the cluster lists the connection.</summary>
    private string? PlaceOf(ConnectionStatus connection)
    {
        if (connection.State != ConnectionState.Connected)
        {
            return null;
        }

        var byAddress = cluster.Nodes.FirstOrDefault(node => string.Equals(node.Address.ToString(), connection.Endpoint, StringComparison.Ordinal));
        return Board.ShortName(byAddress?.Name ?? map.FindNode(connection.Name));
    }
}

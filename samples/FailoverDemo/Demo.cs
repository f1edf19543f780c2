using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.Samples.FailoverDemo.Pictures;

namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>Publishes and consumes through the SDK while the script kills nodes, and counts at the end.</summary>
internal sealed class Demo(DemoArguments arguments, Screen screen, IRabbitCluster cluster)
{
    private const string Queue = "failover-demo";
    private static readonly TimeSpan CatchUpPatience = TimeSpan.FromSeconds(5);

    private readonly Tally _tally = new();

    /// <summary>Runs everything; true when every confirmed message was received.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        using var traces = arguments.Pictures is null ? null : new TraceRecorder();
        await using var client = new RabbitClient(Options(AddressesFor(cluster)));
        await client.ConnectAsync(cancellationToken);
        var map = new ConnectionMap(cluster);
        await DeclareAsync(client, map, cancellationToken);
        await using var subscription = await client.SubscribeAsync(
            Queue, new CountingHandler(_tally, arguments.Sabotage), new ConsumerOptions { Prefetch = 500 }, cancellationToken);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var pumping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var drawing = new Board(screen, cluster, client, map, _tally).RunAsync(ending.Token);
        var timeline = new TimelineRecorder(cluster, client, _tally, map);
        var recording = timeline.RunAsync(ending.Token);
        var load = new Load(client, Queue, arguments.Rate, _tally);
        var pump = load.RunAsync(pumping.Token);
        try
        {
            await new Script(screen, cluster, client, map, load, _tally, Queue, timeline).RunAsync(cancellationToken);
        }
        finally
        {
            await pumping.CancelAsync();
            await pump;
        }

        screen.Tell("stopping: the last messages get their outcome");
        await client.Publisher.FlushAsync(cancellationToken);
        await CatchUpAsync(cancellationToken);
        await subscription.StopAsync(cancellationToken);
        await ending.CancelAsync();
        await drawing;
        await recording;
        screen.Release();
        await DrainAsync(cancellationToken);
        await DrawAsync(timeline, traces, cancellationToken);

        return Summarise();
    }

    private string[] AddressesFor(IRabbitCluster cluster) =>
        arguments.ThroughProxy ? [cluster.Proxy!.Value.ToString()] : [.. cluster.Nodes.Select(node => node.Address.ToString())];

    private ResilientRabbitOptions Options(params IEnumerable<string> endpoints)
    {
        var options = new ResilientRabbitOptions { UserName = cluster.UserName, Password = cluster.Password, ClientName = "demo" };
        foreach (var endpoint in endpoints)
        {
            options.Endpoints.Add(endpoint);
        }

        return options;
    }

    /// <summary>
    /// A classic queue's leader is on the node at which it is declared: here on the node that a publish connection goes to,
    /// so that one kill hits both. The client declares the queue too, so that it is declared again wherever it is needed.
    /// </summary>
    private async Task DeclareAsync(RabbitClient client, ConnectionMap map, CancellationToken cancellationToken)
    {
        await map.RefreshAsync(cancellationToken);
        var name = client.Status.Connections.Select(connection => map.FindNode(connection.Name)).FirstOrDefault(name => name is not null);
        var node = cluster.Nodes.FirstOrDefault(node => string.Equals(node.Name, name, StringComparison.Ordinal))
            ?? throw new DemoException("The cluster does not list the client's connections.");

        var topology = new TopologyBuilder().ClassicQueue(Queue).Build();
        await using (var local = new RabbitClient(Options(node.Address.ToString())))
        {
            await local.DeclareAsync(topology, cancellationToken);
        }

        await client.DeclareAsync(topology, cancellationToken);
        await cluster.WaitUntilSynchronisedAsync(Queue, cancellationToken: cancellationToken);
        screen.Tell($"queue '{Queue}' has its leader on {node.Name} and mirrors on the other nodes");
    }

    /// <summary>Waits while the consumer still makes progress.</summary>
    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        var received = -1;
        var since = TimeProvider.System.GetTimestamp();
        while (_tally.Received < _tally.Confirmed && TimeProvider.System.GetElapsedTime(since) < CatchUpPatience)
        {
            if (received != _tally.Received)
            {
                received = _tally.Received;
                since = TimeProvider.System.GetTimestamp();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }

    /// <summary>What is still in the queue was not lost either.</summary>
    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        var left = await cluster.DrainAsync(Queue, cancellationToken: cancellationToken);
        foreach (var message in left)
        {
            _tally.Receive(int.Parse(message.MessageId ?? "", CultureInfo.InvariantCulture));
        }

        if (left.Count > 0)
        {
            screen.Tell($"{left.Count} messages were still in the queue");
        }
    }

    private async Task DrawAsync(TimelineRecorder timeline, TraceRecorder? traces, CancellationToken cancellationToken)
    {
        if (arguments.Pictures is not { } folder)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        var title = $"{cluster.Description}: what the client confirmed and received each 100 ms, and the node of each connection";
        await File.WriteAllTextAsync(Path.Combine(folder, "failover-timeline.svg"), TimelinePicture.Draw(timeline, title), cancellationToken);
        if (traces?.Find() is var (caller, publish, process))
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "failover-trace.svg"), TracePicture.Draw(caller, publish, process), cancellationToken);
        }
        else
        {
            screen.Tell("no message that was sent again was handled within the trace: no picture of a trace");
        }
    }

    private bool Summarise()
    {
        var missing = _tally.FindMissing();
        if (_tally.DescribeFailures() is { Length: > 0 } failures)
        {
            screen.Tell($"not confirmed, and reported as such: {failures}");
        }

        if (missing.Count > 0)
        {
            screen.Tell($"confirmed and not received: {string.Join(", ", missing.Take(10))}{(missing.Count > 10 ? ", ..." : "")}");
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"confirmed {_tally.Confirmed}, received {_tally.Received} unique, duplicates {_tally.Duplicates}, lost {missing.Count}, longest gap {_tally.LongestGap.TotalMilliseconds:0} ms"));

        return missing.Count == 0;
    }
}

using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;
using ResilientRabbit.Samples.FailoverDemo.Pictures;

namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>What happens to the cluster while messages flow: two nodes are killed with SIGKILL, one after the other, and come back.</summary>
internal sealed class Script(Screen screen, IRabbitCluster cluster, IRabbitClient client, ConnectionMap map, Load load, Tally tally, string queue, TimelineRecorder timeline)
{
    private const int WantedInFlight = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RestartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(3);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Steady, cancellationToken);

        var first = await cluster.GetQueueLeaderAsync(queue, cancellationToken: cancellationToken);
        await KillUnderLoadAsync(first, cancellationToken);
        await BringBackAsync(first, cancellationToken);

        var second = await FindNextVictimAsync(first, cancellationToken);
        await KillAsync(second, cancellationToken);
        await BringBackAsync(second, cancellationToken);
    }

    /// <summary>Kills the queue's leader, which a publish connection goes to, at a moment when enough messages are in flight.</summary>
    private async Task KillUnderLoadAsync(IRabbitNode leader, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        for (load.MinPending = 4 * WantedInFlight; ; load.MinPending = Math.Min(load.MinPending * 2, 4000))
        {
            var settled = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(settled) < TimeSpan.FromSeconds(1))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
                await map.RefreshAsync(cancellationToken);
                if (FindPublishConnection(leader) is { } connection && client.Status.Publishing.Pending >= WantedInFlight)
                {
                    await KillAsync(leader, cancellationToken, FormattableString.Invariant($"the leader of '{queue}' and the node of {connection.Name}"));
                    return;
                }
            }

            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                throw new DemoException(FormattableString.Invariant(
                    $"The script wants to kill the leader, {leader.Name}, with a publish connection on it and {WantedInFlight} messages in flight. For {Patience} that never was so."));
            }
        }
    }

    private async Task KillAsync(IRabbitNode node, CancellationToken cancellationToken, string? role = null)
    {
        tally.MarkGap();
        var before = client.Status.Publishing;
        var confirmed = tally.Confirmed;
        var kill = node.KillAsync(cancellationToken);
        timeline.Mark($"kill -9 {Board.ShortName(node.Name)}");
        screen.Tell($"kill -9 {node.Name}{(role is null ? "" : $", {role}")}; {before.Pending} messages in flight");
        await kill;
        load.MinPending = 0;

        // What was in flight on the killed connections is sent again on the others, and everything is confirmed in the end.
        var start = Stopwatch.GetTimestamp();
        while (tally.Confirmed < confirmed + before.Pending || IsUnsettled())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }

        var after = client.Status.Publishing;
        screen.Tell(string.Create(
            CultureInfo.InvariantCulture,
            $"without {Board.ShortName(node.Name)}: {after.Replayed - before.Replayed} messages sent again, longest gap between two confirms {tally.GapSinceMark.TotalMilliseconds:0} ms"));
    }

    private async Task BringBackAsync(IRabbitNode node, CancellationToken cancellationToken)
    {
        screen.Tell($"start {node.Name}");
        timeline.Mark($"start {Board.ShortName(node.Name)}");
        await node.StartAsync(cancellationToken);
        await cluster.WaitUntilHealthyAsync(RestartPatience, cancellationToken);

        // Not before: a mirror that is not in step holds only a part of the messages, and would be all that is left of them.
        await cluster.WaitUntilSynchronisedAsync(queue, timeout: RestartPatience, cancellationToken: cancellationToken);
        screen.Tell($"{Board.ShortName(node.Name)} is back and its mirror of the queue in step");
        await Task.Delay(Steady, cancellationToken);
    }

    /// <summary>Another node that the client is connected to, preferably for consuming.</summary>
    private async Task<IRabbitNode> FindNextVictimAsync(IRabbitNode first, CancellationToken cancellationToken)
    {
        await map.RefreshAsync(cancellationToken);
        var names = client.Status.Connections.Reverse().Where(connection => connection.State == ConnectionState.Connected).Select(connection => map.FindNode(connection.Name));
        var name = names.FirstOrDefault(name => name is not null && !string.Equals(name, first.Name, StringComparison.Ordinal));

        return cluster.Nodes.FirstOrDefault(node => string.Equals(node.Name, name, StringComparison.Ordinal))
            ?? throw new DemoException($"No connection goes to another node than {first.Name}.");
    }

    private ConnectionStatus? FindPublishConnection(IRabbitNode node) => client.Status.Connections.FirstOrDefault(connection =>
        connection.Name.Contains(":publish", StringComparison.Ordinal)
        && connection.State == ConnectionState.Connected
        && string.Equals(map.FindNode(connection.Name), node.Name, StringComparison.Ordinal));

    private bool IsUnsettled() => client.Status.Publishing.Pending > WantedInFlight;
}

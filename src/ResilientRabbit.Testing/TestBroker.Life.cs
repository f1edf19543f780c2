using ResilientRabbit.Testing.Server;

namespace ResilientRabbit.Testing;

/// <content>Its life and what can be done to it.</content>
public sealed partial class TestBroker
{
    /// <summary>Ends the node as a power cut does: its sockets are reset, nobody listens, only what is durable and persistent is kept.</summary>
    /// <returns>A task that completes when all its connections are gone.</returns>
    public async Task KillAsync()
    {
        await Node.DropEverythingAsync(died: true).ConfigureAwait(false);
        await Node.Host.ReviewAsync().ConfigureAwait(false);
    }

    /// <summary>Starts a killed node again, on the same port.</summary>
    /// <returns>A task that completes when it listens; in a cluster where it sees no majority it pauses instead.</returns>
    /// <exception cref="InvalidOperationException">It is running.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The port was taken meanwhile.</exception>
    public async Task RestartAsync()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (Node.Member.IsUp)
        {
            throw new InvalidOperationException($"The node {NodeName} is running; only a killed one can be restarted.");
        }

        Node.Listen(ready: () => Node.Host.Turn(Node, static node =>
        {
            node.Host.Model.Cluster.Restarted(node.Member);
            node.Member.IsUp = true;
            node.Host.Model.Cluster.Reconsider();
        }));
        await Node.Host.ReviewAsync().ConfigureAwait(false);
    }

    /// <summary>Lets the node stand still as a stopped process does: the kernel accepts connections and bytes, the node neither reads nor writes.
    /// In a cluster the others take it for dead at once.</summary>
    /// <returns>A task that completes when it stands still.</returns>
    public Task FreezeAsync()
    {
        Node.Gates.Freeze();
        return SetUpAsync(up: false);
    }

    /// <summary>Lets a frozen node go on; what it had to say goes out now.</summary>
    /// <returns>A task that completes when it goes on.</returns>
    public async Task ThawAsync()
    {
        Node.Gates.Thaw();
        await SetUpAsync(up: true).ConfigureAwait(false);
        Node.Host.Turn(Node, static node =>
        {
            foreach (ServerConnection connection in node.Connections())
            {
                node.Host.HasOutput(connection);
            }
        });
    }

    /// <summary>Raises an alarm: every connection that publishes is told <c>connection.blocked</c> at its next message, and read no further.</summary>
    /// <param name="reason">The text; RabbitMQ's own are <c>low on memory</c> and <c>low on disk</c>.</param>
    /// <returns>A task that completes when the alarm is up. It holds for the whole cluster.</returns>
    public Task BlockAsync(string reason = "low on memory")
    {
        Node.Host.Turn((Node.Host, reason), static alarm => alarm.Host.Alarm = alarm.reason);
        return Task.CompletedTask;
    }

    /// <summary>Clears the alarm: blocked connections are told so and read on.</summary>
    /// <returns>A task that completes when the alarm is cleared.</returns>
    public Task UnblockAsync()
    {
        Node.Host.ClearAlarm();
        return Task.CompletedTask;
    }

    /// <summary>Closes every open connection with 320 <c>CONNECTION_FORCED</c>, as an operator or an orderly shutdown does.</summary>
    /// <param name="reason">The explanation in the text.</param>
    /// <returns>A task that completes when the closes are on their way.</returns>
    public Task CloseAllConnectionsAsync(string reason = "broker forced connection closure with reason 'shutdown'")
    {
        Node.Host.Turn((Node, reason), static all =>
        {
            foreach (ServerConnection connection in all.Node.Connections())
            {
                connection.Force(all.reason);
            }
        });
        return Task.CompletedTask;
    }

    /// <summary>Moves the broker's clock forward and lets everything expire that is due then. Its timers keep to their own time.</summary>
    /// <param name="by">By how much.</param>
    /// <returns>A task that completes when what was due has expired.</returns>
    public Task AdvanceAsync(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        Node.Host.Model.Clock.Advance(by);
        Node.Host.Expire();
        return Task.CompletedTask;
    }

    // A single node that stands still is missed by nobody; its queues are where they were when it goes on.
    private Task SetUpAsync(bool up)
    {
        if (Node.Host.Nodes.Count == 1 || (up && !Node.IsListening && !Node.Member.IsPaused))
        {
            return Task.CompletedTask;
        }

        Node.Host.Turn((Node, up), static word =>
        {
            word.Node.Member.IsUp = word.up;
            word.Node.Host.Model.Cluster.Reconsider();
        });
        return Node.Host.ReviewAsync();
    }
}

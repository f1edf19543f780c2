namespace ResilientRabbit.Clusters;

/// <summary>One node of a cluster, and what can be done to it.</summary>
public interface IRabbitNode
{
    /// <summary>The Erlang node name, such as <c>rabbit@host</c>.</summary>
    string Name { get; }

    /// <summary>Where clients reach the node; read it again after a restart.</summary>
    ClusterAddress Address { get; }

    /// <summary>Whether the node's process exists; true for a frozen one and for one whose application is stopped.</summary>
    bool IsRunning { get; }

    bool IsFrozen { get; }

    /// <summary>SIGKILL; returns when the process is gone.</summary>
    Task KillAsync(CancellationToken cancellationToken = default);

    /// <summary>Stops the process in an orderly way; returns when it is gone.</summary>
    Task StopAsync(CancellationToken cancellationToken = default);

    /// <summary>Starts the process and waits until it answers an AMQP handshake. Does nothing but wait when it runs already.</summary>
    Task StartAsync(CancellationToken cancellationToken = default);

    /// <summary>SIGSTOP or its like: sockets stay open and nothing answers.</summary>
    Task FreezeAsync(CancellationToken cancellationToken = default);

    Task ThawAsync(CancellationToken cancellationToken = default);

    Task StopAppAsync(CancellationToken cancellationToken = default);

    /// <summary>start_app, then waits until the node answers an AMQP handshake.</summary>
    Task StartAppAsync(CancellationToken cancellationToken = default);

    /// <summary>reset or force_reset; the application must be stopped.</summary>
    Task ResetAsync(bool force, CancellationToken cancellationToken = default);

    /// <summary>Makes this node a fresh member of the other's cluster, whatever it was before; a node that is down starts with its data wiped.</summary>
    Task JoinClusterAsync(IRabbitNode other, CancellationToken cancellationToken = default);

    /// <summary>Runs forget_cluster_node on this node; the forgotten one must be down.</summary>
    Task ForgetAsync(IRabbitNode forgotten, CancellationToken cancellationToken = default);

    /// <summary>Closes the client connections of this node (reply code 320).</summary>
    Task CloseAllConnectionsAsync(string reason, CancellationToken cancellationToken = default);

    Task RaiseMemoryAlarmAsync(CancellationToken cancellationToken = default);

    Task ClearMemoryAlarmAsync(CancellationToken cancellationToken = default);

    /// <summary>Runs rabbitmqctl against this node and returns what it printed; throws with its output when it fails.</summary>
    Task<string> RunCtlAsync(params string[] arguments);

    /// <summary>Evaluates an Erlang expression of iodata on this node and returns that text; cheap, and bounded by a few seconds.</summary>
    Task<string> EvaluateAsync(string expression, CancellationToken cancellationToken = default);
}

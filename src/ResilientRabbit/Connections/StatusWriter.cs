using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>The status of one connection: written by its supervisor's loop only, read by anybody.</summary>
internal sealed class StatusWriter(string name, ILogger logger)
{
    private ConnectionStatus _status = new(name, ConnectionState.Disconnected, null, null, null, null, null, 0);

    /// <summary>Raised after each change, on the writing thread. Handlers do not block.</summary>
    public event Action<ConnectionStatus, ConnectionStatus>? Changed;

    public ConnectionStatus Current => Volatile.Read(ref _status);

    public ConnectionState State => Current.State;

    /// <summary>Goes where the state machine says, and changes the rest of the status with it.</summary>
    public void Move(ConnectionTrigger trigger, Func<ConnectionStatus, ConnectionStatus>? change = null)
    {
        ConnectionStatus previous = _status;
        if (ConnectionStateMachine.Next(previous.State, trigger) is not { } next)
        {
            logger.IllegalTransition(name, previous.State, trigger.ToString());
            return;
        }

        ConnectionStatus moved = previous with { State = next };
        Publish(change is null ? moved : change(moved));
    }

    /// <summary>An attempt begins.</summary>
    public void AttemptStarting()
    {
        if (State == ConnectionState.Faulted)
        {
            Move(ConnectionTrigger.RetryDue);
        }
    }

    /// <summary>An attempt has failed.</summary>
    public void AttemptFailed(RabbitEndpoint endpoint, ConnectionException error)
    {
        // While connected it was that of a planned move: the connection itself is well.
        if (State != ConnectionState.Connected)
        {
            Move(FailureClassifier.IsRefusal(error.Reason) ? ConnectionTrigger.AttemptRefused : ConnectionTrigger.AttemptFailed, status => At(status, endpoint) with { LastFailure = error.Reason });
        }
    }

    /// <summary>A session has become usable: the first after a loss, or one in the place of another.</summary>
    public void Opened(ConnectionEpoch epoch)
    {
        ConnectionStatus Describe(ConnectionStatus status) => status with
        {
            Endpoint = epoch.Endpoint.ToString(),
            NodeName = epoch.NodeName,
            ClusterName = epoch.ClusterName,
            BlockedReason = epoch.BlockedReason,
        };
        if (State == ConnectionState.Connected)
        {
            Publish(Describe(Current));
        }
        else
        {
            Move(ConnectionTrigger.Opened, Describe);
        }
    }

    /// <summary>The session was lost.</summary>
    public void Lost(ConnectionLoss loss)
        => Move(ConnectionTrigger.Lost, status => status with { BlockedReason = null, LastFailure = loss.Reason, Losses = status.Losses + 1 });

    /// <summary>The broker has blocked the session, with its reason, or takes publishes again.</summary>
    public void Blocked(string? reason)
    {
        if (reason is null)
        {
            logger.ConnectionUnblocked(name);
        }
        else
        {
            logger.ConnectionBlocked(name, reason);
        }

        Publish(_status with { BlockedReason = reason });
    }

    /// <summary>What is known of the node and the cluster is what the broker at one endpoint has said of itself.</summary>
    private static ConnectionStatus At(ConnectionStatus status, RabbitEndpoint endpoint)
        => string.Equals(status.Endpoint, endpoint.ToString(), StringComparison.Ordinal) ? status : status with { Endpoint = endpoint.ToString(), NodeName = null, ClusterName = null };

    /// <summary>Changes something beside the state.</summary>
    public void Publish(ConnectionStatus status)
    {
        ConnectionStatus previous = _status;
        if (previous != status)
        {
            Volatile.Write(ref _status, status);
            Changed?.Invoke(previous, status);
        }
    }
}

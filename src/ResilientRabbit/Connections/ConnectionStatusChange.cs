namespace ResilientRabbit;

/// <summary>Tells of a change of one connection.</summary>
public sealed class ConnectionStatusChange : EventArgs
{
    internal ConnectionStatusChange(ConnectionStatus previous, ConnectionStatus current)
    {
        Previous = previous;
        Current = current;
    }

    /// <summary>Gets the status before the change.</summary>
    public ConnectionStatus Previous { get; }

    /// <summary>Gets the status after the change.</summary>
    public ConnectionStatus Current { get; }
}

namespace ResilientRabbit.Connections;

/// <summary>Keeps one connection open: a single loop that connects, watches and reconnects, and is the only writer of its status.</summary>
internal sealed class ConnectionSupervisor
{
    /// <summary>The live session, or null while there is none.</summary>
    public ConnectionEpoch? Current => throw new NotSupportedException();

    /// <summary>Starts the loop at the first call.</summary>
    public void Start() => throw new NotSupportedException();

    /// <summary>Waits for a live session. Starts the loop if need be.</summary>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public ValueTask<ConnectionEpoch> GetEpochAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}

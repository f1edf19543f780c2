namespace ResilientRabbit.Testing.Server;

/// <summary>
/// Heartbeats of one connection: one is sent when nothing else was for half the time agreed on, and a client that is silent for twice that time
/// is hung up on. The only clockwork of a connection; it does not run when heartbeats are switched off by option or negotiated away.
/// </summary>
internal sealed class Heartbeats(ServerConnection connection)
{
    private ITimer? _timer;
    private int _silentTicks;

    public void Start(ushort seconds)
    {
        if (seconds == 0 || !connection.Options.Heartbeats)
        {
            return;
        }

        TimeSpan half = TimeSpan.FromSeconds(seconds / 2.0);
        _timer = connection.Options.TimeProvider.CreateTimer(static state => ((Heartbeats)state!).Tick(), this, half, half);
    }

    public void Stop() => _timer?.Dispose();

    private void Tick()
    {
        if (connection.Node.Gates.IsFrozen || connection.Stage == ConnectionStage.Ended)
        {
            return;
        }

        if (!connection.Sent)
        {
            connection.Host.Turn(connection, static silent => silent.SendHeartbeat());
        }

        connection.Sent = false;

        // While the broker itself does not read, silence says nothing of the client.
        _silentTicks = connection.Received || connection.IsBlocked ? 0 : _silentTicks + 1;
        connection.Received = false;
        if (_silentTicks >= 4)
        {
            connection.Reset();
        }
    }
}

namespace ResilientRabbit.Connections;

/// <summary>What can happen to a connection.</summary>
internal enum ConnectionTrigger
{
    ConnectRequested,
    Opened,
    AttemptFailed,
    AttemptRefused,
    RetryDue,
    Lost,
    CloseRequested,
}

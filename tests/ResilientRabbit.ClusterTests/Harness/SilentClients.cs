namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>How clients are set whose nodes go silent, and when they are to have noticed.</summary>
public static class SilentClients
{
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(4);
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(3);

    /// <summary>The goal where packets are lost while messages are in flight: the stall limit (TCP's is the heartbeat) and 1.5 seconds.</summary>
    public static readonly TimeSpan BusyGoal = Stall + TimeSpan.FromSeconds(1.5);

    /// <summary>The goal of idle clients: half a heartbeat until something is written, TCP's limit, and a second.</summary>
    public static readonly TimeSpan IdleGoal = (Heartbeat / 2) + Heartbeat + TimeSpan.FromSeconds(1);

    /// <summary>Three publish connections to three addresses: each of them carries one.</summary>
    public static void Configure(ResilientRabbitOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Heartbeat = Heartbeat;
        options.ConnectTimeout = TimeSpan.FromSeconds(2);
        options.Publisher.Connections = 3;
        options.Publisher.Lanes = 6;
        options.Publisher.ConfirmStallTimeout = Stall;
    }
}

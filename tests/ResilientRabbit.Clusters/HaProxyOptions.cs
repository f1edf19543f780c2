namespace ResilientRabbit.Clusters;

/// <summary>The lines of haproxy.cfg that matter to a client; the defaults are what operators write.</summary>
public sealed record HaProxyOptions
{
    public static HaProxyOptions Default { get; } = new();

    /// <summary>Settings that fail over within half a second: short connect time-out, redispatch at the first retry.</summary>
    public static HaProxyOptions Friendly { get; } = new()
    {
        ConnectTimeout = TimeSpan.FromMilliseconds(500),
        Retries = 2,
        RedispatchInterval = 1,
        CheckInterval = TimeSpan.FromSeconds(1),
        Fall = 2,
        Rise = 1,
    };

    /// <summary>The port of the frontend; null for a free one. Local clusters only.</summary>
    public int? Port { get; init; }

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan ClientTimeout { get; init; } = TimeSpan.FromSeconds(100);

    public TimeSpan ServerTimeout { get; init; } = TimeSpan.FromSeconds(100);

    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(5);

    public int Rise { get; init; } = 2;

    public int Fall { get; init; } = 3;

    public int Retries { get; init; } = 3;

    /// <summary>The number after <c>option redispatch</c>; null for the bare option (redispatch at the last retry).</summary>
    public int? RedispatchInterval { get; init; }

    /// <summary>Checks that a node answers in AMQP, and not only that its kernel accepts a connection, as that of a frozen one does.</summary>
    public bool ChecksAmqp { get; init; }

    /// <summary>Adds <c>on-marked-down shutdown-sessions</c>: connections to a server that failed its checks are closed by the proxy.</summary>
    public bool ShutdownSessionsWhenDown { get; init; }
}

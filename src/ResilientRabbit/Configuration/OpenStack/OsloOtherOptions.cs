namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The options that are known and change nothing here, with the reason.</summary>
internal static class OsloOtherOptions
{
    private const string Rpc = "belongs to oslo's remote procedure calls, which the SDK does not speak";
    private const string Python = "is about Python's threads";
    private const string Statistics = "switches oslo's own metrics; the SDK has its own status and health check";

    public static readonly IReadOnlyList<OsloOption> All =
    [
        New(OsloOptions.Rabbit, "ssl_enforce_fips_mode", OsloKind.Flag, "false", "FIPS mode is a matter of the system's OpenSSL, which .NET uses; an application cannot switch it.") with { Modern = "the system's own FIPS mode" },
        New(OsloOptions.Rabbit, "heartbeat_rate", OsloKind.Integer, "2", "The driver sends two heartbeats in each interval, and the silence of the broker is looked at sixteen times in it."),
        New(OsloOptions.Rabbit, "heartbeat_in_pthread", OsloKind.Flag, "false", $"It {Python}; heartbeats never wait for the application here.") with { Modern = "nothing: it has no successor" },
        New(OsloOptions.Rabbit, "conn_pool_ttl", OsloKind.Integer, "1200", "Connections stay open: an idle one that is closed would have to be opened when it is needed most."),
        New(OsloOptions.Rabbit, "kombu_compression", OsloKind.Text, null, "Bodies are sent as the application gives them; compress them there and set ContentEncoding."),
        New(OsloOptions.Rabbit, "kombu_missing_consumer_retry_timeout", OsloKind.Integer, "60", $"It {Rpc}.") with { Deprecated = [("", "kombu_reconnect_timeout")] },
        New(OsloOptions.Rabbit, "direct_mandatory_flag", OsloKind.Flag, "true", $"It {Rpc}; Publisher.Mandatory is on for every message.") with { Modern = "nothing: it cannot be switched off any more" },
        New(OsloOptions.Rabbit, "use_queue_manager", OsloKind.Flag, "false", "It names oslo's own reply and fan-out queues; the application names its queues."),
        New(OsloOptions.Rabbit, "hostname", OsloKind.Text, null, "It names oslo's own reply and fan-out queues; the application names its queues."),
        New(OsloOptions.Rabbit, "processname", OsloKind.Text, null, "It names oslo's own reply and fan-out queues; the application names its queues."),
        New(OsloOptions.Rabbit, "rabbit_stream_fanout", OsloKind.Flag, "false", $"It {Rpc}."),
        New(OsloOptions.Rabbit, "fake_rabbit", OsloKind.Flag, "false", "There is no fake driver in the SDK; use the package ResilientRabbit.Testing.") with
        {
            Deprecated = [(OsloEntry.DefaultGroup, "fake_rabbit")],
            Modern = "[DEFAULT] transport_url = fake://",
        },
        New(OsloEntry.DefaultGroup, "rpc_backend", OsloKind.Text, "rabbit", "There is one kind of broker here.") with { Modern = "the scheme of [DEFAULT] transport_url" },
        New(OsloEntry.DefaultGroup, "rpc_response_timeout", OsloKind.Integer, "60", $"It {Rpc}."),
        New(OsloEntry.DefaultGroup, "executor_thread_pool_size", OsloKind.Integer, "64", $"It {Python}; ConsumerOptions.Concurrency says how many handlers run.") with
        {
            Deprecated = [("", "rpc_thread_pool_size")],
        },
        New(OsloEntry.DefaultGroup, "rpc_ping_enabled", OsloKind.Flag, "false", $"It {Rpc}."),
        New(OsloOptions.Notifications, "driver", OsloKind.Repeated, "", "It chooses how OpenStack itself notifies; the application publishes through the SDK.") with
        {
            Deprecated = [(OsloEntry.DefaultGroup, "notification_driver")],
        },
        New(OsloOptions.Notifications, "retry", OsloKind.Integer, "-1", "A publish is bounded by time, not by attempts: see Publisher.DeliveryTimeout."),
        New(OsloOptions.Metrics, "metrics_enabled", OsloKind.Flag, "false", $"It {Statistics}."),
        New(OsloOptions.Metrics, "metrics_buffer_size", OsloKind.Integer, "1000", $"It {Statistics}."),
        New(OsloOptions.Metrics, "metrics_socket_file", OsloKind.Text, "", $"It {Statistics}."),
        New(OsloOptions.Metrics, "metrics_process_name", OsloKind.Text, "", $"It {Statistics}."),
        New(OsloOptions.Metrics, "metrics_thread_stop_timeout", OsloKind.Integer, "10", $"It {Statistics}."),
    ];

    private static OsloOption New(string group, string name, OsloKind kind, string? value, string effect) => new(group, name, kind, value, OsloKeyFate.WithoutEffect, effect);
}

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The options of the connections: TLS, login, retry, heartbeat, pools.</summary>
internal static class OsloConnectionOptions
{
    public static readonly OsloOption Ssl = New("ssl", OsloKind.Flag, "false", OsloKeyFate.Applied, "Tls.Enabled.") with
    {
        Deprecated = [("", "rabbit_use_ssl"), (OsloEntry.DefaultGroup, "rabbit_use_ssl")],
    };

    public static readonly OsloOption SslVersion = New(
        "ssl_version", OsloKind.Text, "", OsloKeyFate.Translated,
        "TLSv1_2: exactly TLS 1.2. Empty and SSLv23: TLS 1.2 and 1.3. Older protocols are never spoken: TLSv1, TLSv1_1, SSLv2 and SSLv3 mean TLS 1.2 and 1.3, too.") with
    {
        Deprecated = [("", "kombu_ssl_version"), (OsloEntry.DefaultGroup, "kombu_ssl_version")],
    };

    public static readonly OsloOption SslKeyFile = New("ssl_key_file", OsloKind.Text, "", OsloKeyFate.Applied, "Tls.KeyFile.") with
    {
        Deprecated = [("", "kombu_ssl_keyfile"), (OsloEntry.DefaultGroup, "kombu_ssl_keyfile")],
    };

    public static readonly OsloOption SslCertFile = New("ssl_cert_file", OsloKind.Text, "", OsloKeyFate.Applied, "Tls.CertificateFile.") with
    {
        Deprecated = [("", "kombu_ssl_certfile"), (OsloEntry.DefaultGroup, "kombu_ssl_certfile")],
    };

    public static readonly OsloOption SslCaFile = New(
        "ssl_ca_file", OsloKind.Text, "", OsloKeyFate.Translated,
        "Tls.CaFile. Without it oslo verifies nothing; here the certificate is verified against the system's authorities.") with
    {
        Deprecated = [("", "kombu_ssl_ca_certs"), (OsloEntry.DefaultGroup, "kombu_ssl_ca_certs")],
    };

    public static readonly OsloOption SslEnforceHostname = New(
        "ssl_enforce_hostname_verification", OsloKind.Flag, "false", OsloKeyFate.Translated,
        "Tls.VerifyHostName, which is on unless this key is written as false; switching it off is logged. oslo's stable versions have it off.");

    public static readonly OsloOption LoginMethod = New(
        "rabbit_login_method", OsloKind.Text, "AMQPLAIN", OsloKeyFate.Translated,
        "EXTERNAL: Authentication = External. PLAIN and AMQPLAIN: Authentication = Plain, the same credentials in another form. RABBIT-CR-DEMO is refused.") with
    {
        Choices = ["PLAIN", "AMQPLAIN", "EXTERNAL", "RABBIT-CR-DEMO"],
        Deprecated = [(OsloEntry.DefaultGroup, "rabbit_login_method")],
    };

    public static readonly OsloOption FailoverStrategy = New(
        "kombu_failover_strategy", OsloKind.Text, "round-robin", OsloKeyFate.Translated,
        "EndpointOrder: round-robin from a random start (oslo shuffles the list once), or shuffle. Either way a host that just failed comes last.") with
    {
        Choices = ["round-robin", "shuffle"],
    };

    public static readonly OsloOption RetryInterval = New(
        "rabbit_retry_interval", OsloKind.Integer, "1", OsloKeyFate.Translated,
        "ReconnectDelay in seconds (0 counts as 1). With any of the three retry keys written, the pauses are oslo's: interval, plus the back-off each time, up to the maximum, one pause for each round of the hosts, and up to a tenth longer at random.");

    public static readonly OsloOption RetryBackoff = New(
        "rabbit_retry_backoff", OsloKind.Integer, "2", OsloKeyFate.Translated,
        "ReconnectStep in seconds: added to the pause after each round, not multiplied.") with
    {
        Deprecated = [(OsloEntry.DefaultGroup, "rabbit_retry_backoff")],
    };

    public static readonly OsloOption IntervalMax = New(
        "rabbit_interval_max", OsloKind.Integer, "30", OsloKeyFate.Translated, "ReconnectMaxDelay in seconds; at least the first pause.");

    public static readonly OsloOption HeartbeatThreshold = New(
        "heartbeat_timeout_threshold", OsloKind.Integer, "60", OsloKeyFate.Translated,
        "Heartbeat in seconds, and with it TCP_USER_TIMEOUT. 0 would switch heartbeats off in oslo; here they are never off and the SDK's default stays.");

    public static readonly OsloOption PoolSize = New(
        "rpc_conn_pool_size", OsloKind.Integer, "30", OsloKeyFate.Translated,
        "Publisher.Lanes, 256 at most: a lane is what a pooled connection is in oslo, one channel with one writer at a time.") with
    {
        Min = 1,
        Deprecated = [(OsloEntry.DefaultGroup, "rpc_conn_pool_size")],
    };

    public static readonly OsloOption PoolMinSize = New(
        "conn_pool_min_size", OsloKind.Integer, "2", OsloKeyFate.Translated,
        "Publisher.Connections, 1 to 16 and at most the lanes: the publishing connections are always open, so the number kept alive is the number.");

    public static readonly OsloOption ReconnectDelay = New(
        "kombu_reconnect_delay", OsloKind.Number, "1.0", OsloKeyFate.Translated,
        "Consumers.ResubscribeDelay in seconds: the pause before consuming again after the broker cancelled a consumer. Connections do not wait for it.") with
    {
        Min = 0,
        Max = 4.5,
        Deprecated = [(OsloEntry.DefaultGroup, "kombu_reconnect_delay")],
    };

    public static readonly OsloOption ReconnectSplay = New(
        "kombu_reconnect_splay", OsloKind.Number, "0.0", OsloKeyFate.Translated, "Consumers.ResubscribeSplay in seconds: a random part added to that pause.") with
    {
        Min = 0,
    };

    public static readonly IReadOnlyList<OsloOption> All =
    [
        Ssl, SslVersion, SslKeyFile, SslCertFile, SslCaFile, SslEnforceHostname, LoginMethod, FailoverStrategy, RetryInterval, RetryBackoff, IntervalMax,
        HeartbeatThreshold, PoolSize, PoolMinSize, ReconnectDelay, ReconnectSplay,
    ];

    private static OsloOption New(string name, OsloKind kind, string value, OsloKeyFate fate, string effect) => new(OsloOptions.Rabbit, name, kind, value, fate, effect);
}

using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ResilientRabbit.Testing;

/// <summary>How a <see cref="TestBroker"/> starts. The defaults are those of a fresh RabbitMQ 3.10.8. Read once at the start.</summary>
public sealed class TestBrokerOptions
{
    /// <summary>The users.</summary>
    /// <value>Default: <c>guest</c> with the password <c>guest</c> and all rights in every virtual host.</value>
    public IList<TestBrokerUser> Users { get; } = [new TestBrokerUser("guest", "guest")];

    /// <summary>The virtual hosts.</summary>
    /// <value>Default: <c>/</c>.</value>
    public IList<string> VirtualHosts { get; } = ["/"];

    /// <summary>The port of the plain listener on 127.0.0.1; 0 for any that is free.</summary>
    /// <value>Default: 0.</value>
    public int Port { get; set; }

    /// <summary>The port of the TLS listener on 127.0.0.1; null for any that is free. There is one only with a <see cref="ServerCertificate"/>.</summary>
    /// <value>Default: null.</value>
    public int? TlsPort { get; set; }

    /// <summary>The name of the node, as in server texts; null for <c>rabbit@test-1</c> (the number counts the nodes of a cluster).</summary>
    /// <value>Default: null.</value>
    public string? NodeName { get; set; }

    /// <summary>The name of the cluster that the server properties tell.</summary>
    /// <value>Default: <c>rabbit@test</c>.</value>
    public string ClusterName { get; set; } = "rabbit@test";

    /// <summary>The heartbeat offered in connection.tune, in whole seconds; zero offers none.</summary>
    /// <value>Default: 60 seconds.</value>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether the broker sends heartbeats and hangs up on silent clients. False: it negotiates them and does neither, for tests without any timer.</summary>
    /// <value>Default: true.</value>
    public bool Heartbeats { get; set; } = true;

    /// <summary>Whether expired messages and queues go when their time has come, by a timer of <see cref="TimeProvider"/> that runs only while something can expire.
    /// False: only at the next frame or word of the test.</summary>
    /// <value>Default: true.</value>
    public bool ExpiresByItself { get; set; } = true;

    /// <summary>The highest number of channels offered; 0 for no limit.</summary>
    /// <value>Default: 2047.</value>
    public int ChannelMax { get; set; } = 2047;

    /// <summary>The largest frame offered, in bytes; 0 for no limit.</summary>
    /// <value>Default: 131072.</value>
    public int FrameMax { get; set; } = 131072;

    /// <summary>The largest body a publish may have, in bytes; a larger one is refused with 406.</summary>
    /// <value>Default: 134217728 (128 MiB).</value>
    public long MaxMessageSize { get; set; } = 134_217_728;

    /// <summary>The authentication mechanisms offered: <c>PLAIN</c>, <c>AMQPLAIN</c>, <c>EXTERNAL</c> (the common name of the TLS client certificate is the user).</summary>
    /// <value>Default: <c>AMQPLAIN</c> and <c>PLAIN</c>.</value>
    public IList<string> Mechanisms { get; } = ["AMQPLAIN", "PLAIN"];

    /// <summary>Server properties beyond or instead of RabbitMQ's own. Values: string, byte[], bool, numbers, dictionaries with string keys, lists, null.</summary>
    /// <value>Default: none.</value>
    public IDictionary<string, object?> ServerProperties { get; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>The certificate with its private key for the TLS listener; null for no TLS.</summary>
    /// <value>Default: null.</value>
    public X509Certificate2? ServerCertificate { get; set; }

    /// <summary>Whether a TLS client has to show a certificate.</summary>
    /// <value>Default: false.</value>
    public bool RequireClientCertificate { get; set; }

    /// <summary>Decides about a TLS client's certificate; null accepts every one.</summary>
    /// <value>Default: null.</value>
    public Func<X509Certificate, X509Chain?, SslPolicyErrors, bool>? ValidateClientCertificate { get; set; }

    /// <summary>Takes every publish, confirms it and keeps nothing, no journal either: for measuring publishers. No exchange, right or property is looked at.</summary>
    /// <value>Default: false.</value>
    public bool AckOnly { get; set; }

    /// <summary>Whether a journal is kept. It costs about a microsecond for each message: switch it off to measure throughput.</summary>
    /// <value>Default: true.</value>
    public bool KeepJournal { get; set; } = true;

    /// <summary>How many entries the journal keeps; older ones are dropped.</summary>
    /// <value>Default: 100,000.</value>
    public int JournalCapacity { get; set; } = FrameJournal.DefaultCapacity;

    /// <summary>The clock for time to live, expiry and heartbeats.</summary>
    /// <value>Default: <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}

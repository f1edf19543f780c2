using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>The texts of a node's configuration files, the same for both drivers.</summary>
/// <param name="Options">What the test wants.</param>
/// <param name="Name">The node's name.</param>
/// <param name="Seed">The first node's name.</param>
/// <param name="Listener">Where the node listens for AMQP.</param>
/// <param name="SecondListener">Where it listens as well; null for nowhere.</param>
internal sealed record NodeConfiguration(ClusterOptions Options, string Name, string Seed, string Listener, string? SecondListener = null)
{
    /// <summary>Bytes: enough for any test here, and low enough that three nodes do not take the machine.</summary>
    public const long MemoryWatermark = 1_000_000_000;

    public static string MemoryWatermarkTerm => string.Create(CultureInfo.InvariantCulture, $"{{absolute, {MemoryWatermark}}}");

    public string Main => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        listeners.tcp.1 = {Listener}
        {(SecondListener is null ? "" : $"listeners.tcp.2 = {SecondListener}")}
        default_user = {Options.UserName}
        default_pass = {Options.Password}
        loopback_users = none
        cluster_partition_handling = {Options.PartitionHandling}
        disk_free_limit.absolute = 10MB
        vm_memory_high_watermark.absolute = {MemoryWatermark}
        log.file.level = warning
        {Options.NodeSettings?.Invoke(Name)}
        {Discovery}
        """);

    public string Advanced => string.Create(CultureInfo.InvariantCulture, $"[{{kernel, [{{net_ticktime, {(int)Options.NetTick.TotalSeconds}}}]}}].\n");

    public string EnabledPlugins => $"[{string.Join(',', Options.Plugins)}].\n";

    // Only the first node forms a cluster by itself, and the others start when it is up: 3.10 nodes that form one in parallel
    // can meet while the feature flags are being enabled, and then one of them fails its schema integrity check.
    private string Discovery => string.Equals(Name, Seed, StringComparison.Ordinal)
        ? ""
        : $"""
          cluster_formation.peer_discovery_backend = classic_config
          cluster_formation.classic_config.nodes.1 = {Seed}
          cluster_formation.classic_config.nodes.2 = {Name}
          cluster_formation.discovery_retry_limit = 60
          cluster_formation.discovery_retry_interval = 500

          """;
}

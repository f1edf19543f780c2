using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>The configuration of one local node, as files.</summary>
internal sealed class NodeFiles(string folder)
{
    /// <summary>Enough for any test here, and low enough that three nodes do not take the machine.</summary>
    public const long MemoryWatermark = 1_000_000_000;

    public string Data => Path.Combine(folder, "data");

    public string Output => Path.Combine(folder, "output.log");

    public string LogFolder => Path.Combine(folder, "log");

    public void Write(ClusterOptions options, int amqpPort, string? seed)
    {
        Directory.CreateDirectory(Data);
        Directory.CreateDirectory(LogFolder);
        File.WriteAllText(Path.Combine(folder, "rabbitmq.conf"), Configuration(options, amqpPort, seed));
        File.WriteAllText(Path.Combine(folder, "advanced.config"), FormattableString.Invariant($"[{{kernel, [{{net_ticktime, {(int)options.NetTick.TotalSeconds}}}]}}].\n"));
        File.WriteAllText(Path.Combine(folder, "enabled_plugins"), $"[{string.Join(',', options.Plugins)}].\n");
    }

    public void AddTo(Dictionary<string, string?> variables)
    {
        variables["RABBITMQ_MNESIA_BASE"] = Data;
        variables["RABBITMQ_LOG_BASE"] = LogFolder;
        variables["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq.conf");
        variables["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(folder, "advanced.config");
        variables["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "enabled_plugins");
        variables["RABBITMQ_PID_FILE"] = Path.Combine(folder, "pid");
    }

    public void WipeData()
    {
        Directory.Delete(Data, recursive: true);
        Directory.CreateDirectory(Data);
    }

    /// <summary>The end of the node's output and log, for the message of an exception.</summary>
    public string ReadTail()
    {
        var lines = new List<string>();
        foreach (var file in new[] { Output }.Concat(Directory.EnumerateFiles(LogFolder)).Where(File.Exists))
        {
            lines.Add($"--- {Path.GetFileName(file)}");
            lines.AddRange(File.ReadLines(file).TakeLast(25));
        }

        return string.Join('\n', lines);
    }

    private static string Configuration(ClusterOptions options, int amqpPort, string? seed) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        listeners.tcp.1 = 127.0.0.1:{amqpPort}
        default_user = {options.UserName}
        default_pass = {options.Password}
        loopback_users = none
        cluster_partition_handling = {options.PartitionHandling}
        disk_free_limit.absolute = 10MB
        vm_memory_high_watermark.absolute = {MemoryWatermark}
        log.console = false
        log.file.level = warning

        """) + (seed is null ? "" : Join(seed));

    // Only the seed may form a cluster by itself. The others start beside it and ask until it is up: with the usual list of
    // all nodes in every file the parallel start took 22 to 29 seconds instead of 16 to 18.
    private static string Join(string seed) =>
        $"""
        cluster_formation.peer_discovery_backend = classic_config
        cluster_formation.classic_config.nodes.1 = {seed}
        cluster_formation.discovery_retry_limit = 240
        cluster_formation.discovery_retry_interval = 250

        """;
}

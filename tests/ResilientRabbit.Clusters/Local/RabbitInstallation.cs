namespace ResilientRabbit.Clusters;

/// <summary>
/// Where RabbitMQ's own scripts and Erlang's tools are. The scripts in sbin of Debian's package switch the user and use
/// /var/lib; those in RabbitMQ's own folder do not. <c>RR_RABBITMQ_HOME</c> names another installation, such as an unpacked archive.
/// </summary>
internal sealed record RabbitInstallation(string Server, string Control, string Epmd, string ErlCall)
{
    private const string Packages = "/usr/lib/rabbitmq";
    private static readonly string[] Tools = ["epmd", "erl_call", "erl", "setsid"];

    public static RabbitInstallation Find() =>
        FindScripts() is { } scripts && FindTool("epmd") is { } epmd && FindTool("erl_call") is { } erlCall
            ? new RabbitInstallation(Path.Combine(scripts, "rabbitmq-server"), Path.Combine(scripts, "rabbitmqctl"), epmd, erlCall)
            : throw new ClusterUnavailableException(FindMissing() ?? "RabbitMQ is not installed.");

    /// <summary>What is missing for a cluster of local nodes, null when nothing is.</summary>
    public static string? FindMissing()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Local nodes need Linux.";
        }

        if (FindScripts() is null)
        {
            return "rabbitmq-server is not installed (looked for RR_RABBITMQ_HOME and /usr/lib/rabbitmq).";
        }

        return Tools.FirstOrDefault(tool => FindTool(tool) is null) is { } missing ? $"{missing} is not installed." : null;
    }

    public static string? FindTool(string name)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);

        // Not every user's path has the system folders, and Erlang's own tools are not always linked into one.
        string[] more = ["/usr/sbin", "/usr/local/sbin", .. Glob("/usr/lib/erlang", "erts-*", "bin"), .. Glob("/usr/local/lib/erlang", "erts-*", "bin")];

        return folders.Concat(more).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    private static string? FindScripts()
    {
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("RR_RABBITMQ_HOME") is { Length: > 0 } home ? Path.Combine(home, "sbin") : null,
            .. Glob(Path.Combine(Packages, "lib"), "rabbitmq_server-*", "sbin").OrderDescending(StringComparer.Ordinal),
            Path.Combine(Packages, "bin"),
        ];

        return candidates.FirstOrDefault(folder => folder is not null && File.Exists(Path.Combine(folder, "rabbitmq-server")));
    }

    private static IEnumerable<string> Glob(string folder, string pattern, string below) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, pattern).Select(found => Path.Combine(found, below)) : [];
}

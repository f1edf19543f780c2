namespace ResilientRabbit.Clusters;

/// <summary>
/// Where RabbitMQ's own scripts and Erlang's tools are, each as the beginning of a command. The scripts in sbin of Debian's package switch the user and use
/// /var/lib; those in RabbitMQ's own folder do not. <c>RR_RABBITMQ_HOME</c> names another installation, such as an unpacked archive, and
/// <c>RR_RABBITMQ_ROOT</c> another root file system with one, such as that of a newer Debian: it is entered with chroot, and needs /proc, /dev and the folder of temporary files of this one.
/// </summary>
internal sealed record RabbitInstallation(IReadOnlyList<string> Server, IReadOnlyList<string> Control, IReadOnlyList<string> Epmd, IReadOnlyList<string> ErlCall)
{
    private const string Packages = "/usr/lib/rabbitmq";
    private static readonly string[] Tools = ["epmd", "erl_call", "erl"];

    private static string Root => (Environment.GetEnvironmentVariable("RR_RABBITMQ_ROOT") ?? "").TrimEnd('/');

    public static RabbitInstallation Find() =>
        FindScripts(Root) is { } scripts && FindTool("epmd", Root) is { } epmd && FindTool("erl_call", Root) is { } erlCall
            ? new RabbitInstallation(Command(Path.Combine(scripts, "rabbitmq-server")), Command(Path.Combine(scripts, "rabbitmqctl")), Command(epmd), Command(erlCall))
            : throw new ClusterUnavailableException(FindMissing() ?? "RabbitMQ is not installed.");

    /// <summary>What is missing for a cluster of local nodes, null when nothing is.</summary>
    public static string? FindMissing()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Local nodes need Linux.";
        }

        if (FindScripts(Root) is null)
        {
            return Root.Length > 0
                ? $"rabbitmq-server is not installed in RR_RABBITMQ_ROOT ({Root})."
                : "rabbitmq-server is not installed (looked for RR_RABBITMQ_HOME and /usr/lib/rabbitmq).";
        }

        if (Root.Length > 0 && !Directory.Exists(Root + Path.GetTempPath()))
        {
            return $"{Path.GetTempPath()} is not there in RR_RABBITMQ_ROOT ({Root}): the nodes' files must be at the same place inside.";
        }

        string[] own = Root.Length > 0 ? ["setsid", "chroot"] : ["setsid"];
        return Tools.FirstOrDefault(static tool => FindTool(tool, Root) is null) is { } missing ? $"{missing} is not installed."
            : own.FirstOrDefault(static tool => FindTool(tool) is null) is { } absent ? $"{absent} is not installed."
            : null;
    }

    public static string? FindTool(string name) => FindTool(name, root: "");

    private static string? FindTool(string name, string root)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);

        // Not every user's path has the system folders, and Erlang's own tools are not always linked into one.
        string[] more = ["/usr/bin", "/usr/sbin", "/usr/local/sbin", .. Glob(root, "/usr/lib/erlang", "erts-*", "bin"), .. Glob(root, "/usr/local/lib/erlang", "erts-*", "bin")];

        return folders.Concat(more).Select(folder => Path.Combine(folder, name)).FirstOrDefault(path => File.Exists(root + path));
    }

    private static string? FindScripts(string root)
    {
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("RR_RABBITMQ_HOME") is { Length: > 0 } home ? Path.Combine(home, "sbin") : null,
            .. Glob(root, Path.Combine(Packages, "lib"), "rabbitmq_server-*", "sbin").OrderDescending(StringComparer.Ordinal),
            Path.Combine(Packages, "bin"),
        ];

        return candidates.FirstOrDefault(folder => folder is not null && File.Exists(root + Path.Combine(folder, "rabbitmq-server")));
    }

    private static IReadOnlyList<string> Command(string path) => Root.Length == 0 ? [path] : ["chroot", Root, path];

    /// <summary>Paths as they are inside the root.</summary>
    private static IEnumerable<string> Glob(string root, string folder, string pattern, string below) =>
        Directory.Exists(root + folder) ? Directory.EnumerateDirectories(root + folder, pattern).Select(found => Path.Combine(found[root.Length..], below)) : [];
}

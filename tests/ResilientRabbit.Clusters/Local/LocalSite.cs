using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>What the nodes of one local cluster share: the work folder, the Erlang cookie and their own epmd.</summary>
internal sealed class LocalSite : IAsyncDisposable
{
    private readonly bool _removes;
    private GuardedProcess? _epmd;

    private LocalSite(RabbitInstallation installation, ClusterOptions options)
    {
        Installation = installation;
        _removes = options.WorkDirectory is null && Environment.GetEnvironmentVariable("RR_KEEP_CLUSTER") is not "1";
        Folder = options.WorkDirectory is { } folder ? Directory.CreateDirectory(folder).FullName : Directory.CreateTempSubdirectory("rr-cluster-").FullName;
        EpmdPort = FreePorts.Take();
        Cookie = Guid.NewGuid().ToString("N");
    }

    public RabbitInstallation Installation { get; }

    public string Folder { get; }

    public string Cookie { get; }

    private int EpmdPort { get; }

    /// <summary>For everything that talks Erlang here, servers and tools alike.</summary>
    public Dictionary<string, string?> Variables => new(StringComparer.Ordinal)
    {
        ["HOME"] = Folder,
        ["LC_ALL"] = "C.UTF-8",
        ["ERL_EPMD_PORT"] = EpmdPort.ToString(CultureInfo.InvariantCulture),
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
        ["RABBITMQ_CTL_ERL_ARGS"] = "+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
        ["RABBITMQ_CTL_DIST_PORT_MIN"] = "33000",
        ["RABBITMQ_CTL_DIST_PORT_MAX"] = "36000",
    };

    public static async Task<LocalSite> OpenAsync(ClusterOptions options, CancellationToken cancellationToken)
    {
        var site = new LocalSite(RabbitInstallation.Find(), options);
        try
        {
            var cookie = Path.Combine(site.Folder, ".erlang.cookie");
            File.Delete(cookie);
            await File.WriteAllTextAsync(cookie, site.Cookie, cancellationToken);
            if (OperatingSystem.IsLinux())
            {
                File.SetUnixFileMode(cookie, UnixFileMode.UserRead);
            }

            await site.StartEpmdAsync(cancellationToken);

            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_epmd is not null)
        {
            await _epmd.KillAsync();
            _epmd.Dispose();
        }

        if (_removes)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>Before any node: nodes that start in parallel and each start an epmd get in each other's way, and that one would be a daemon.</summary>
    private async Task StartEpmdAsync(CancellationToken cancellationToken)
    {
        string[] command = [.. Installation.Epmd, "-address", "127.0.0.1", "-port", EpmdPort.ToString(CultureInfo.InvariantCulture)];
        _epmd = GuardedProcess.Start("epmd", command, Variables, Path.Combine(Folder, "epmd.log"), _removes ? Folder : null);
        await Waiting.UntilAsync(
            () => TcpCheck.FindFaultAsync(new ClusterAddress("127.0.0.1", EpmdPort), cancellationToken),
            "A started epmd", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(20), cancellationToken);
    }
}

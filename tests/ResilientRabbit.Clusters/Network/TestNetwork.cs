using System.Globalization;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;

namespace ResilientRabbit.Clusters;

/// <summary>
/// A network of this machine alone: a bridge, and hosts in network namespaces of their own. What listens on <see cref="Gateway"/> is reached from the hosts, and the
/// hosts from here. It needs root; everything is taken away at dispose, and by a guard when this process ends in any other way.
/// </summary>
public sealed class TestNetwork : IAsyncDisposable
{
    private readonly string _prefix;
    private readonly string _subnet;
    private readonly NetworkGuard _guard;
    private readonly List<NetworkHost> _hosts = [];
    private int _lastNumber = 1;

    private TestNetwork(string prefix, string subnet)
    {
        _prefix = prefix;
        _subnet = subnet;
        _guard = new NetworkGuard(prefix);
        Folder = Directory.CreateTempSubdirectory("rr-network-").FullName;
    }

    /// <summary>The address of this machine in the network.</summary>
    public string Gateway => _subnet + "1";

    internal string Bridge => _prefix + "br";

    internal string Folder { get; }

    /// <summary>Null when this machine can have such a network, else the reason why not.</summary>
    public static string? MissingPrerequisite()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Network namespaces need Linux.";
        }

        if (EffectiveUser() != 0)
        {
            return "Network namespaces need root.";
        }

        string[] tools = ["ip", "nsenter", "setsid"];

        return tools.FirstOrDefault(static tool => RabbitInstallation.FindTool(tool) is null) is { } missing ? $"{missing} is not installed." : null;
    }

    /// <exception cref="ClusterUnavailableException">A prerequisite is missing, or this machine does not allow it.</exception>
    public static async Task<TestNetwork> StartAsync(CancellationToken cancellationToken = default)
    {
        if (MissingPrerequisite() is { } reason)
        {
            throw new ClusterUnavailableException(reason);
        }

        // Interface names have at most 15 characters.
        var prefix = "rr" + Guid.NewGuid().ToString("N")[..6];
        var network = new TestNetwork(prefix, FindFreeSubnet());
        try
        {
            await IpAsync($"link add {network.Bridge} type bridge forward_delay 0 mcast_snooping 0", cancellationToken);
            await IpAsync($"address add {network.Gateway}/24 dev {network.Bridge}", cancellationToken);
            await IpAsync($"link set {network.Bridge} up", cancellationToken);

            return network;
        }
        catch (InvalidOperationException exception)
        {
            await network.DisposeAsync();
            throw new ClusterUnavailableException($"This machine allows no network of its own: {exception.Message}", exception);
        }
    }

    /// <summary>An address of the network that no host has: for a virtual IP.</summary>
    public string TakeAddress() => _subnet + (++_lastNumber).ToString(CultureInfo.InvariantCulture);

    /// <summary>A new machine in this network.</summary>
    public async Task<NetworkHost> AddHostAsync(CancellationToken cancellationToken = default)
    {
        var address = TakeAddress();
        var name = string.Create(CultureInfo.InvariantCulture, $"{_prefix}h{_lastNumber}");
        await IpAsync($"netns add {name}", cancellationToken);
        await IpAsync($"link add {name} type veth peer name eth0 netns {name}", cancellationToken);
        await IpAsync($"link set {name} master {Bridge} up", cancellationToken);
        await IpAsync($"-n {name} link set lo up", cancellationToken);
        await IpAsync($"-n {name} link set eth0 up", cancellationToken);
        await IpAsync($"-n {name} address add {address}/24 dev eth0", cancellationToken);
        var host = new NetworkHost(this, name, address);
        _hosts.Add(host);

        return host;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        await _guard.CleanUpAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Runs <c>ip</c> with the arguments; throws with its output when it fails.</summary>
    internal static async Task IpAsync(string arguments, CancellationToken cancellationToken = default)
    {
        var ip = RabbitInstallation.FindTool("ip") ?? throw new ClusterUnavailableException("ip is not installed.");
        var result = await CommandRunner.RunAsync(
            [ip, .. arguments.Split(' ')], new Dictionary<string, string?>(StringComparer.Ordinal), "", TimeSpan.FromSeconds(10), cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {arguments} failed: {result.Output}{result.Error}");
        }
    }

    private static string FindFreeSubnet()
    {
        var used = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(static one => one.GetIPProperties().UnicastAddresses)
            .Select(static address => address.Address.ToString())
            .ToList();
        while (true)
        {
            var subnet = string.Create(CultureInfo.InvariantCulture, $"10.213.{Random.Shared.Next(1, 255)}.");
            if (!used.Exists(address => address.StartsWith(subnet, StringComparison.Ordinal)))
            {
                return subnet;
            }
        }
    }

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveUser();
}

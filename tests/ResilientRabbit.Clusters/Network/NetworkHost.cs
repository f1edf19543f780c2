using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>One machine of a <see cref="TestNetwork"/>: an address, a link, and processes that see nothing else.</summary>
public sealed class NetworkHost : IAsyncDisposable
{
    // A hardware address that nobody has: what is sent there is lost in silence, as on a broken line.
    private const string Nowhere = "02:00:00:00:de:ad";

    private readonly TestNetwork _network;
    private readonly List<GuardedProcess> _processes = [];
    private readonly HashSet<string> _lost = [];
    private bool _losesAnswers;

    internal NetworkHost(TestNetwork network, string name, string address)
    {
        _network = network;
        Name = name;
        Address = address;
        Folder = Directory.CreateDirectory(Path.Combine(network.Folder, name)).FullName;
    }

    public string Name { get; }

    /// <summary>Its IP address.</summary>
    public string Address { get; }

    public bool IsFrozen { get; private set; }

    internal string Folder { get; }

    /// <summary>Stops the whole machine: its processes stand still, and it answers neither ARP nor TCP.</summary>
    public async Task FreezeAsync()
    {
        SignalAll(Signal.Stop);
        IsFrozen = true;
        await CutLinkAsync();
    }

    public async Task ThawAsync()
    {
        if (IsFrozen)
        {
            await RestoreLinkAsync();
            SignalAll(Signal.Continue);
            IsFrozen = false;
        }
    }

    /// <summary>Pulls the cable: nothing arrives any more, and the machine itself sees that its link is down.</summary>
    public Task CutLinkAsync() => TestNetwork.IpAsync($"link set {Name} down");

    public Task RestoreLinkAsync() => TestNetwork.IpAsync($"link set {Name} up");

    /// <summary>From now on packets between this process and the machine are lost, one way or both, and nobody is told.</summary>
    /// <param name="toHost">What is sent to it.</param>
    /// <param name="fromHost">What it sends.</param>
    public async Task LosePacketsAsync(bool toHost, bool fromHost)
    {
        if (toHost && _lost.Add(Address))
        {
            await TestNetwork.IpAsync($"neighbour replace {Address} lladdr {Nowhere} nud permanent dev {_network.Bridge}");
        }

        if (fromHost && !_losesAnswers)
        {
            _losesAnswers = true;
            await TestNetwork.IpAsync($"-n {Name} neighbour replace {_network.Gateway} lladdr {Nowhere} nud permanent dev eth0");
        }
    }

    /// <summary>Packets arrive again; thaws the machine and restores its link.</summary>
    public async Task HealAsync()
    {
        await ThawAsync();
        await RestoreLinkAsync();
        foreach (var address in _lost)
        {
            await TestNetwork.IpAsync($"neighbour delete {address} dev {_network.Bridge}");
        }

        _lost.Clear();
        if (_losesAnswers)
        {
            _losesAnswers = false;
            await TestNetwork.IpAsync($"-n {Name} neighbour delete {_network.Gateway} dev eth0");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.KillAsync();
            process.Dispose();
        }

        _processes.Clear();
    }

    /// <summary>Starts a process on this machine; it is stopped with it and ends with it.</summary>
    internal GuardedProcess Start(string program, IReadOnlyList<string> command, string output)
    {
        var nsenter = RabbitInstallation.FindTool("nsenter") ?? throw new ClusterUnavailableException("nsenter is not installed.");
        var process = GuardedProcess.Start(
            program, [nsenter, $"--net=/run/netns/{Name}", .. command], new Dictionary<string, string?>(StringComparer.Ordinal), Path.Combine(Folder, output));
        _processes.Add(process);

        return process;
    }

    /// <summary>Whether the machine has the address now, as its kernel says. Costs no process, so that it can be asked a hundred times a second.</summary>
    internal bool Owns(string address)
    {
        foreach (var process in _processes)
        {
            if (process.FindProcessId() is { } id && ReadRoutes(id) is { } routes)
            {
                return routes.Split('\n').Any(line => line.EndsWith(" " + address, StringComparison.Ordinal));
            }
        }

        return false;
    }

    private static string? ReadRoutes(int processId)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/net/fib_trie"));
        }
        catch (IOException)
        {
            // It ended while we looked.
            return null;
        }
    }

    private void SignalAll(Signal signal)
    {
        foreach (var process in _processes.Where(static process => process.IsRunning))
        {
            process.SignalAll(signal);
        }
    }
}

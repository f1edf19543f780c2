namespace ResilientRabbit.Testing.Model;

/// <summary>Everything the nodes of one cluster share: users, virtual hosts and what is in them. Entered by one turn at a time.</summary>
internal sealed class BrokerModel
{
    private readonly Dictionary<string, VirtualHost> _virtualHosts = new(StringComparer.Ordinal);

    public BrokerModel(TimeProvider timeProvider, string clusterName, IEnumerable<string> nodeNames)
    {
        ClusterName = clusterName;
        Clock = new BrokerClock(timeProvider);
        DeadLetters = new DeadLetters(Clock);
        Nodes = [.. nodeNames.Select(static (name, number) => new ModelNode(name, number))];
        Cluster = new ClusterRules(this);
    }

    public string ClusterName { get; }

    public BrokerClock Clock { get; }

    public Deadlines Deadlines { get; } = new();

    public DeadLetters DeadLetters { get; }

    public IReadOnlyList<ModelNode> Nodes { get; }

    public ClusterRules Cluster { get; }

    /// <summary>No queue delivers for now: several things happen at once, and nobody may see them half done.</summary>
    public bool HoldsDeliveries { get; set; }

    public Dictionary<string, BrokerUser> Users { get; } = new(StringComparer.Ordinal);

    public IReadOnlyCollection<VirtualHost> VirtualHosts => _virtualHosts.Values;

    public VirtualHost AddVirtualHost(string name)
    {
        if (!_virtualHosts.TryGetValue(name, out VirtualHost? host))
        {
            _virtualHosts.Add(name, host = new VirtualHost(this, name));
        }

        return host;
    }

    public VirtualHost? FindVirtualHost(string name) => _virtualHosts.GetValueOrDefault(name);

    public bool RemoveVirtualHost(string name) => _virtualHosts.Remove(name);

    /// <summary>Every queue of every virtual host; a copy.</summary>
    public Queue[] AllQueues() => [.. _virtualHosts.Values.SelectMany(static host => host.Queues)];
}

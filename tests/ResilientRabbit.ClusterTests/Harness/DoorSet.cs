using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>One machine of the test network before each node: the way to a node can be broken there, which a process on the loopback interface does not allow.</summary>
public sealed class DoorSet : IAsyncDisposable
{
    private readonly List<ProxyHost> _doors = [];

    public IReadOnlyList<ClusterAddress> Addresses => [.. _doors.Select(static door => door.Address)];

    public ProxyHost this[int index] => _doors[index];

    public static async Task<DoorSet> StartAsync(ClusterFixture fixture)
    {
        var doors = new DoorSet();
        TestNetwork network = fixture.Network;
        await fixture.Cluster.RepairAsync();
        foreach (IRabbitNode node in fixture.Cluster.Nodes)
        {
            doors._doors.Add(await ProxyHost.StartAsync(network, [node], HaProxyOptions.Friendly));
        }

        return doors;
    }

    public async Task HealAsync()
    {
        foreach (ProxyHost door in _doors)
        {
            await door.HealAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ProxyHost door in _doors)
        {
            await door.DisposeAsync();
        }
    }
}

using System.Globalization;
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

    /// <summary>The door that the most connections of each of these clients go through, and at least one of each. Of a client that publishes only those count that a lane uses: few keys do not reach every lane.</summary>
    public ProxyHost UsedByAll(IEnumerable<RabbitClientStatus> clients)
    {
        RabbitClientStatus[] all = [.. clients];
        ProxyHost best = _doors.MaxBy(Least)!;
        return Least(best) > 0 ? best : throw new InvalidOperationException($"No door carries connections of every client. {string.Join("; ", all)}");

        int Least(ProxyHost door)
        {
            string address = string.Create(CultureInfo.InvariantCulture, $"{door.Address.Host}:{door.Address.Port}");
            return all.Min(client => client.Connections.Count(connection => connection.State == ConnectionState.Connected && string.Equals(connection.Endpoint, address, StringComparison.Ordinal) && IsUsed(client, connection)));
        }

        static bool IsUsed(RabbitClientStatus client, ConnectionStatus connection)
        {
            string[] used = [.. client.Lanes.Select(static lane => lane.Connection).OfType<string>()];
            return used.Length == 0 || used.Contains(connection.Name, StringComparer.Ordinal);
        }
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

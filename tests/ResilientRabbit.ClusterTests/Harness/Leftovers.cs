using System.Diagnostics;
using System.Net.NetworkInformation;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>What a disposed client must not leave behind.</summary>
public static class Leftovers
{
    public static int CountSocketsTo(ClusterAddress address)
        => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
            .Count(connection => connection.RemoteEndPoint.Port == address.Port && connection.State is TcpState.Established or TcpState.SynSent);

    /// <summary>No socket at once, no background work within ten seconds.</summary>
    public static async Task AssertNoneAsync(RabbitClient client, ClusterAddress address)
    {
        Assert.Equal(0, CountSocketsTo(address));
        long start = Stopwatch.GetTimestamp();
        while (client.TeardownsRunning > 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10), $"{client.TeardownsRunning} teardowns still run.");
            await Task.Delay(50);
        }
    }
}

using System.Net.NetworkInformation;
using System.Net.Sockets;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>The test network itself: packets are lost in silence, one way or both, and nothing is left of it afterwards.</summary>
public sealed class TestNetworkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Packets_are_lost_in_silence_and_arrive_again_and_nothing_is_left_in_the_end()
    {
        ClusterFixture.SkipWithout(TestNetwork.MissingPrerequisite() ?? HaProxyProcess.MissingPrerequisite(), "no network namespaces can be made");
        string name;
        string bridge;
        await using (TestNetwork network = await TestNetwork.StartAsync(TestContext.Current.CancellationToken))
        {
            NetworkHost machine = await network.AddHostAsync(TestContext.Current.CancellationToken);
            (name, bridge) = (machine.Name, network.Bridge);
            await using var listener = new HaProxyProcess(HaProxyOptions.Friendly, [new ClusterAddress(network.Gateway, 9)], machine.Folder, machine);
            await listener.StartAsync(TestContext.Current.CancellationToken);

            foreach ((bool toHost, bool fromHost) in new[] { (true, false), (false, true), (true, true) })
            {
                await ReachedAsync(listener.Address);
                await machine.LosePacketsAsync(toHost, fromHost);
                Assert.False(await ConnectsAsync(listener.Address));
                await machine.HealAsync();
            }

            await machine.FreezeAsync();
            Assert.False(await ConnectsAsync(listener.Address));
            await machine.HealAsync();
            await ReachedAsync(listener.Address);
        }

        Assert.DoesNotContain(NetworkInterface.GetAllNetworkInterfaces(), one => new[] { bridge, name }.Contains(one.Name, StringComparer.Ordinal));
        Assert.False(File.Exists("/run/netns/" + name));
    }

    /// <summary>For a moment after a healing the kernel may still remember that nobody answered.</summary>
    private static async Task ReachedAsync(ClusterAddress address)
    {
        using var limit = new CancellationTokenSource(3 * Patience);
        while (!await ConnectsAsync(address))
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>False when nobody answers in time; a refusal is an answer and throws.</summary>
    private static async Task<bool> ConnectsAsync(ClusterAddress address)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.HostUnreachable)
        {
            // What the kernel says once nobody has answered its question for the hardware address.
            return false;
        }
    }
}

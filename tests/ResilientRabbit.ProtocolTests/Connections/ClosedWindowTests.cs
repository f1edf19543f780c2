using System.Net;
using System.Net.Sockets;
using ResilientRabbit.Connections;
using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>A peer that reads nothing for a while, as a broker's flow control does without a word.</summary>
public sealed class ClosedWindowTests
{
    private const int TcpUserTimeout = 18;
    private const int Size = 16 * 1024 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_peer_that_reads_nothing_for_longer_than_TCP_USER_TIMEOUT_and_answers_the_kernel_is_not_left()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "TCP_USER_TIMEOUT is Linux'.");
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new TransportClient(AddressFamily.InterNetwork, Limit, TimeProvider.System);
        await client.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port).WaitAsync(Bed.Patience);
        using Socket peer = await listener.AcceptAsync().WaitAsync(Bed.Patience);
        using var guard = new TransportGuard(client, Limit, TimeProvider.System, static _ => { });
        Task writing = client.Stream!.WriteAsync(new byte[Size]).AsTask();
        await Bed.UntilAsync(() => UserTimeoutOf(client) == 0, "the limit switched off");

        Task ended = client.Stream.Ended;
        Assert.NotSame(ended, await Task.WhenAny(ended, Task.Delay(Limit * 3)));
        byte[] buffer = new byte[1024 * 1024];
        for (int received = 0; received < Size;)
        {
            int count = await peer.ReceiveAsync(buffer).WaitAsync(Bed.Patience);
            Assert.NotEqual(0, count);
            received += count;
        }

        await writing.WaitAsync(Bed.Patience);
        await Bed.UntilAsync(() => UserTimeoutOf(client) == (int)Limit.TotalMilliseconds, "the limit switched on again");
    }

    private static int UserTimeoutOf(TransportClient client)
    {
        byte[] value = new byte[sizeof(int)];
        client.Client.GetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, value);
        return BitConverter.ToInt32(value);
    }
}

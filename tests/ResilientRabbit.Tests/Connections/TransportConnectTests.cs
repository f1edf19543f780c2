using System.Net;
using System.Net.Sockets;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class TransportConnectTests
{
    [Fact]
    public async Task TCP_that_gets_no_answer_ends_at_its_own_limit()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;

        // Nobody accepts: when the queue is full the kernel drops what asks for a connection, as a host does that is gone.
        List<TransportClient> waiting = [];
        Task connecting = Task.CompletedTask;
        var time = new ManualTimeProvider();
        while (connecting.IsCompleted && waiting.Count < 20)
        {
            var client = new TransportClient(AddressFamily.InterNetwork, TimeSpan.FromSeconds(10), time, tls: null, tcpTimeout: TimeSpan.FromSeconds(1));
            waiting.Add(client);
            connecting = client.ConnectAsync(IPAddress.Loopback, port);
            await Task.WhenAny(connecting, Task.Delay(200));
        }

        Assert.False(connecting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        SocketException error = await Assert.ThrowsAsync<SocketException>(() => connecting.WaitAsync(Watch.Limit));
        Assert.Equal(SocketError.TimedOut, error.SocketErrorCode);
        Assert.Equal(ConnectionFailureReason.TimedOut, FailureClassifier.Classify(error));
        waiting.ForEach(static client => client.Dispose());
    }
}

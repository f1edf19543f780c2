using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>What a connection to an address that moves asks of the kernel.</summary>
public sealed class VirtualIpSocketTests
{
    private const int TcpRtoMax = 44;

    [Theory]
    [InlineData(ConnectionMode.VirtualIp, true)]
    [InlineData(ConnectionMode.LoadBalancer, false)]
    public async Task Unanswered_bytes_are_sent_again_at_least_every_second_where_the_address_may_move(ConnectionMode mode, bool isCapped)
    {
        Assert.SkipUnless(ReadLongest(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)) is not null, "This kernel does not let it be chosen.");
        await using TestBroker broker = await TestBroker.StartAsync();
        var options = new ResilientRabbitOptions { ConnectionMode = mode };
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{broker.Port}"));
        ClientSettings settings = ClientSettings.From(options);
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);

        ConnectionEpoch epoch = await factory.OpenAsync(settings.Endpoints[0], IPAddress.Loopback, "test", new EndpointSelector(settings.Endpoints, TimeProvider.System), CancellationToken.None).WaitAsync(Bed.Patience);

        Assert.Equal(isCapped, ReadLongest(epoch.Stream.Socket) == 1000);
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    /// <summary>The longest pause between two transmissions, in milliseconds; null where there is no such option.</summary>
    private static int? ReadLongest(Socket socket)
    {
        try
        {
            byte[] value = new byte[sizeof(int)];
            socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, TcpRtoMax, value);
            return BitConverter.ToInt32(value);
        }
        catch (SocketException)
        {
            return null;
        }
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>What a connection does when the kernel gets no acknowledgement any more: the address may have moved to another machine. How often the kernel has sent again is the test's to say.</summary>
public sealed class MovedAddressTests : IAsyncLifetime
{
    private const int Lanes = 2;

    private TestBroker _broker = null!;
    private FrameProxy _line = null!;
    private ConnectionSupervisor? _supervisor;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync();
        _line = FrameProxy.Start(_broker.Host, _broker.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await (_supervisor?.DisposeAsync() ?? default);
        await _line.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task What_is_not_acknowledged_is_given_up_when_a_second_connection_to_the_address_is_answered()
    {
        int silent = 0;
        ConnectionSupervisor supervisor = Start(ConnectionMode.VirtualIp, socket => PortOf(socket) == Volatile.Read(ref silent) ? 2 : 0);
        ConnectionEpoch first = await supervisor.GetEpochAsync(CancellationToken.None).AsTask().WaitAsync(Bed.Patience);

        Volatile.Write(ref silent, PortOf(first.Stream.Socket));
        ConnectionLoss loss = await first.Lost.WaitAsync(Bed.Patience);
        await Bed.UntilAsync(() => supervisor.Current is not null, "the second session");

        Assert.Equal(ConnectionFailureReason.Silent, loss.Reason);
        Assert.NotSame(first, supervisor.Current);
        Assert.Null(supervisor.LastError);
        Assert.Equal(ConnectionState.Connected, supervisor.Status.State);

        // The first one, a question whether anybody is there, and the second one with a channel for each lane: nothing was opened after the loss.
        Assert.Equal(3, _line.AcceptedCount);
        Assert.Equal(2 * Lanes, _line.Journal.Entries.Count(static entry => entry.Method == AmqpMethod.ConfirmSelect));
    }

    [Fact]
    public async Task A_session_that_is_acknowledged_after_all_stays_and_the_second_one_is_closed()
    {
        int silent = 0;
        ConnectionSupervisor supervisor = Start(ConnectionMode.VirtualIp, socket => PortOf(socket) == Volatile.Read(ref silent) && Opened() < 2 ? 2 : 0);
        ConnectionEpoch first = await supervisor.GetEpochAsync(CancellationToken.None).AsTask().WaitAsync(Bed.Patience);

        Volatile.Write(ref silent, PortOf(first.Stream.Socket));
        await Bed.UntilAsync(() => Opened() == 2 && _line.ConnectionCount == 1, "the second session opened and closed");

        Assert.Same(first, supervisor.Current);
        Assert.False(first.IsDead);
    }

    [Theory]
    [InlineData(ConnectionMode.LoadBalancer, 9)]
    [InlineData(ConnectionMode.VirtualIp, 1)]
    public async Task Nothing_is_tried_where_the_address_does_not_move_or_the_kernel_has_sent_again_but_once(ConnectionMode mode, int repeats)
    {
        int asked = 0;
        ConnectionSupervisor supervisor = Start(mode, _ =>
        {
            Interlocked.Increment(ref asked);
            return repeats;
        });
        ConnectionEpoch first = await supervisor.GetEpochAsync(CancellationToken.None).AsTask().WaitAsync(Bed.Patience);

        // Where it is never asked there is nothing to wait for.
        await Bed.UntilAsync(() => mode == ConnectionMode.LoadBalancer || Volatile.Read(ref asked) > 3, "the kernel was asked");

        Assert.Equal(mode == ConnectionMode.LoadBalancer, Volatile.Read(ref asked) == 0);
        Assert.Same(first, supervisor.Current);
        Assert.Equal(1, _line.AcceptedCount);
    }

    [Theory]
    [InlineData(ConnectionMode.VirtualIp, 1)]
    [InlineData(ConnectionMode.LoadBalancer, 0)]
    public async Task Where_the_address_may_move_a_connection_without_answers_is_sent_a_heartbeat_besides_once_a_second(ConnectionMode mode, int expected)
    {
        ConnectionSupervisor supervisor = Start(mode, static _ => 0);
        ConnectionEpoch epoch = await supervisor.GetEpochAsync(CancellationToken.None).AsTask().WaitAsync(Bed.Patience);

        // The driver's own comes first, soon after the connection, and its next one after half of the negotiated time.
        await Bed.UntilAsync(() => Heartbeats() == 1, "the driver's heartbeat");
        for (int time = 0; time < 5; time++)
        {
            epoch.Poke();
        }

        // A channel's opening comes behind whatever was sent by then.
        epoch.Retire(await epoch.OpenChannelAsync(new CreateChannelOptions(false, false), CancellationToken.None).WaitAsync(Bed.Patience));

        Assert.Equal(1 + expected, Heartbeats());
        Assert.False(epoch.IsDead);

        int Heartbeats() => _line.Journal.Entries.Count(static entry => entry is { Note: "heartbeat", Direction: FrameDirection.FromClient });
    }

    [Fact]
    public async Task The_kernels_own_count_is_zero_while_everything_is_acknowledged()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        await socket.SendAsync(new byte[100]);

        Assert.Equal(0, TcpRepeats.Count(socket));
        socket.Dispose();
        Assert.Equal(0, TcpRepeats.Count(socket));
    }

    private static int PortOf(Socket socket) => socket.LocalEndPoint is IPEndPoint end ? end.Port : -1;

    private int Opened() => _line.Journal.Entries.Count(static entry => entry.Method == AmqpMethod.ConnectionOpenOk);

    private ConnectionSupervisor Start(ConnectionMode mode, Func<Socket, int> countRepeats)
    {
        var options = new ResilientRabbitOptions { ConnectionMode = mode };
        options.Publisher.Lanes = Lanes;
        options.Publisher.Connections = 1;
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{_line.Host}:{_line.Port}"));
        ClientSettings settings = ClientSettings.From(options);
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System) { CountRepeats = countRepeats };
        var selector = new EndpointSelector(settings.Endpoints, TimeProvider.System, mode: mode);
        return _supervisor = new ConnectionSupervisor("publish-1", settings, selector, factory, NullLogger.Instance, TimeProvider.System);
    }
}

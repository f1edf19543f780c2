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
    private ClientSettings _settings = null!;
    private DriverConnectionFactory _factory = null!;
    private EndpointSelector _selector = null!;
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

    [Fact]
    public async Task Nobody_knocks_at_an_address_that_was_removed_from_the_configuration()
    {
        int silent = 0;
        int asked = 0;
        int Count(Socket socket)
        {
            if (PortOf(socket) != Volatile.Read(ref silent))
            {
                return 0;
            }

            Interlocked.Increment(ref asked);
            return 2;
        }

        ConnectionSupervisor supervisor = Start(ConnectionMode.VirtualIp, Count);
        ConnectionEpoch first = await supervisor.GetEpochAsync(CancellationToken.None).AsTask().WaitAsync(Bed.Patience);
        using var elsewhere = new TcpListener(IPAddress.Loopback, 0);
        elsewhere.Start();

        // The new endpoint never says a word, so that the old session stays.
        _factory.UseAccessOf(_settings with { Password = "another" });
        _selector.Replace([new RabbitEndpoint("127.0.0.1", ((IPEndPoint)elsewhere.LocalEndpoint).Port)], ConnectionMode.VirtualIp);
        supervisor.EndpointsChanged();
        Volatile.Write(ref silent, PortOf(first.Stream.Socket));
        await Bed.UntilAsync(() => Volatile.Read(ref asked) > 10, "the kernel was asked");

        Assert.Equal(1, _line.AcceptedCount);
        Assert.Same(first, supervisor.Current);
    }

    [Fact]
    public async Task A_new_owner_that_refuses_the_login_is_not_asked_again_before_the_longest_pause()
    {
        int silent = 0;
        var time = new RecordingTime();
        ConnectionSupervisor supervisor = Start(ConnectionMode.VirtualIp, socket => PortOf(socket) == Volatile.Read(ref silent) ? 2 : 0, time, TimeSpan.FromDays(3));
        ConnectionEpoch first = await supervisor.GetEpochAsync(CancellationToken.None).AsTask().WaitAsync(Bed.Patience);

        _factory.UseAccessOf(_settings with { Password = "another" });
        Volatile.Write(ref silent, PortOf(first.Stream.Socket));
        await Bed.UntilAsync(() => time.Longest >= TimeSpan.FromDays(3), "the longest pause");

        // The first one, a question whether anybody is there, and the login.
        Assert.Equal(3, _line.AcceptedCount);
        Assert.Same(first, supervisor.Current);
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

    private ConnectionSupervisor Start(ConnectionMode mode, Func<Socket, int> countRepeats, TimeProvider? time = null, TimeSpan? longestPause = null)
    {
        time ??= TimeProvider.System;
        var options = new ResilientRabbitOptions { ConnectionMode = mode };
        options.ReconnectMaxDelay = longestPause ?? options.ReconnectMaxDelay;
        options.Publisher.Lanes = Lanes;
        options.Publisher.Connections = 1;
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{_line.Host}:{_line.Port}"));
        _settings = ClientSettings.From(options);
        _factory = new DriverConnectionFactory(_settings, NullLogger.Instance, time) { CountRepeats = countRepeats };
        _selector = new EndpointSelector(_settings.Endpoints, time, mode: mode);
        return _supervisor = new ConnectionSupervisor("publish-1", _settings, _selector, _factory, NullLogger.Instance, time);
    }

    /// <summary>The system's time, which remembers the longest pause that anybody asked for.</summary>
    private sealed class RecordingTime : TimeProvider
    {
        private long _longest;

        public TimeSpan Longest => TimeSpan.FromTicks(Volatile.Read(ref _longest));

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            InterlockedMax(ref _longest, dueTime.Ticks);
            return base.CreateTimer(callback, state, dueTime, period);
        }

        private static void InterlockedMax(ref long place, long value)
        {
            for (long seen = Volatile.Read(ref place); value > seen; seen = Volatile.Read(ref place))
            {
                Interlocked.CompareExchange(ref place, value, seen);
            }
        }
    }
}

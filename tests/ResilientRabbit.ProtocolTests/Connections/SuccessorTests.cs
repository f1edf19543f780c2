using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>Sessions that are to take the place of another one, and are not needed after all.</summary>
public sealed class SuccessorTests
{
    private const int Moves = 1016;

    [Fact]
    public async Task A_successor_that_is_open_when_the_client_is_closed_is_closed_as_well()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy next = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);
        ClientSettings settings = Settings(bed.Port);
        var selector = new EndpointSelector(settings.Endpoints, TimeProvider.System);
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        var closing = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        ConnectionSupervisor? supervisor = null;

        // Closed at the very moment in which the successor has come and does not yet serve.
        supervisor = new ConnectionSupervisor(
            "consume", settings, selector, factory, new EventLog(Moves, () => closing.TrySetResult(supervisor!.CloseAsync(TimeSpan.FromSeconds(1)))), TimeProvider.System);
        await supervisor.GetEpochAsync(CancellationToken.None).AsTask().WaitAsync(Bed.Patience);

        selector.Replace([new RabbitEndpoint(next.Host, next.Port)]);
        supervisor.EndpointsChanged();
        await (await closing.Task.WaitAsync(Bed.Patience)).WaitAsync(Bed.Patience);

        await Bed.UntilAsync(() => next.ConnectionCount == 0 && bed.Line.ConnectionCount == 0, "no socket left", TimeSpan.FromSeconds(10));
        Assert.Equal(1, next.AcceptedCount);
    }

    [Fact]
    public async Task A_planned_attempt_that_is_cut_off_while_it_waits_for_credentials_ends_without_a_word()
    {
        await using Bed bed = await Bed.StartAsync();
        var provider = new Provider();
        ClientSettings settings = Settings(bed.Port, provider);
        var selector = new EndpointSelector([.. settings.Endpoints, new RabbitEndpoint("127.0.0.1", 1)], TimeProvider.System);
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        var attempts = new ConnectAttempts("publish-1", "test:publish-1", settings, selector, factory, NullLogger.Instance, TimeProvider.System);
        using var closing = new CancellationTokenSource();
        selector.Stayed("publish-1", settings.Endpoints[0]);
        selector.Stayed("publish-2", settings.Endpoints[0]);
        ConnectionEpoch epoch = await factory.OpenAsync(settings.Endpoints[0], IPAddress.Loopback, "test:publish-1", selector, CancellationToken.None).WaitAsync(Bed.Patience);
        var search = new SuccessorSearch("publish-1", epoch, TimeSpan.FromMilliseconds(1), attempts, selector, TimeProvider.System, closing.Token);

        search.Start();
        await provider.Waiting.WaitAsync(Bed.Patience);
        Task<ConnectionEpoch?>? kept = search.Detach();

        Assert.Null(kept);
        Assert.Null(await search.Found.WaitAsync(Bed.Patience));
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_removed_endpoint_is_left_although_a_planned_attempt_hangs()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy next = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        // No limit of time ends the attempt before this test is over.
        ClientSettings settings = Settings(bed.Port) with { ConnectTimeout = Bed.Patience * 10 };
        var selector = new EndpointSelector([.. settings.Endpoints, new RabbitEndpoint("127.0.0.1", ((IPEndPoint)silent.LocalEndpoint).Port)], TimeProvider.System);
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        var attempts = new ConnectAttempts("publish-1", "test:publish-1", settings, selector, factory, NullLogger.Instance, TimeProvider.System);
        using var closing = new CancellationTokenSource();
        selector.Stayed("publish-1", settings.Endpoints[0]);
        selector.Stayed("publish-2", settings.Endpoints[0]);
        ConnectionEpoch epoch = await factory.OpenAsync(settings.Endpoints[0], IPAddress.Loopback, "test:publish-1", selector, CancellationToken.None).WaitAsync(Bed.Patience);
        var search = new SuccessorSearch("publish-1", epoch, TimeSpan.FromMilliseconds(1), attempts, selector, TimeProvider.System, closing.Token);
        search.Start();
        using Socket hanging = await silent.AcceptSocketAsync().WaitAsync(Bed.Patience);

        selector.Replace([new RabbitEndpoint(next.Host, next.Port)]);
        search.EndpointsChanged();
        ConnectionEpoch? successor = await search.Found.WaitAsync(Bed.Patience);

        Assert.True(search.IsRemoval);
        Assert.Equal(next.Port, successor!.Endpoint.Port);
        await successor.CloseAsync(TimeSpan.FromSeconds(1));
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_removal_that_is_taken_back_moves_nothing()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy next = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        ClientSettings settings = Settings(bed.Port) with { ConnectTimeout = Bed.Patience * 10 };
        var selector = new EndpointSelector(settings.Endpoints, TimeProvider.System);
        await using ConnectionSupervisor supervisor = Supervise("consume", settings, selector);
        await supervisor.GetEpochAsync(CancellationToken.None).AsTask().WaitAsync(Bed.Patience);

        selector.Replace([new RabbitEndpoint("127.0.0.1", ((IPEndPoint)silent.LocalEndpoint).Port)]);
        supervisor.EndpointsChanged();
        using Socket hanging = await silent.AcceptSocketAsync().WaitAsync(Bed.Patience);
        selector.Replace(settings.Endpoints);
        supervisor.EndpointsChanged();
        await Bed.UntilAsync(() => hanging.Poll(0, SelectMode.SelectRead) && IsClosed(hanging), "the attempt given up");

        // And it is watched as before.
        selector.Replace([new RabbitEndpoint(next.Host, next.Port)]);
        supervisor.EndpointsChanged();
        await Bed.UntilAsync(() => supervisor.Current?.Endpoint.Port == next.Port && bed.Line.ConnectionCount == 0, "the move that is meant");

        Assert.Equal(1, bed.Line.AcceptedCount);
        Assert.Equal(0, supervisor.Status.Losses);
    }

    [Fact]
    public async Task A_session_that_is_being_left_for_another_reason_has_only_the_limit_when_its_endpoint_is_removed()
    {
        await using Bed bed = await Bed.StartAsync();
        await using FrameProxy next = FrameProxy.Start(bed.Broker.Host, bed.Broker.Port);
        ClientSettings settings = Settings(bed.Port) with { FailBackDelay = TimeSpan.FromMilliseconds(50), MoveTimeout = TimeSpan.FromSeconds(1) };
        var other = new RabbitEndpoint(next.Host, next.Port);
        var selector = new EndpointSelector([.. settings.Endpoints, other], TimeProvider.System, order: EndpointOrder.Ordered);
        selector.Replace([other, .. settings.Endpoints]);
        next.RefuseConnections();
        await using ConnectionSupervisor supervisor = Supervise("publish-1", settings, selector);
        ConnectionEpoch first = await supervisor.GetEpochAsync(CancellationToken.None).AsTask().WaitAsync(Bed.Patience);
        Assert.Equal(bed.Port, first.Endpoint.Port);

        // A channel that nobody gives back: a lane with a queue that does not answer.
        await first.OpenChannelAsync(new CreateChannelOptions(false, false), CancellationToken.None);
        next.AcceptConnections();
        await Bed.UntilAsync(() => supervisor.Current?.Endpoint.Port == next.Port, "the planned move");
        Assert.Equal(1, bed.Line.ConnectionCount);

        selector.Replace([other]);
        supervisor.EndpointsChanged();

        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0, "the removed endpoint left");
    }

    [Fact]
    public async Task A_session_that_the_drivers_own_heartbeat_has_ended_keeps_its_socket_until_the_driver_is_through()
    {
        await using Bed bed = await Bed.StartAsync();
        ClientSettings settings = Settings(bed.Port);
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        ConnectionEpoch epoch = await factory.OpenAsync(settings.Endpoints[0], IPAddress.Loopback, "test:publish-1", new EndpointSelector(settings.Endpoints, TimeProvider.System), CancellationToken.None).WaitAsync(Bed.Patience);

        long start = Stopwatch.GetTimestamp();
        epoch.Kill(new ConnectionLoss(ConnectionFailureReason.Dropped, "End of stream: Heartbeat missing with heartbeat == 60 seconds"));
        await epoch.CloseAsync(TimeSpan.FromMilliseconds(100));

        // Closing it earlier, under the driver's timer, ends the process (driver issue 1884): this is the least, not the most, it may take.
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromSeconds(1.9), $"Closed after {Stopwatch.GetElapsedTime(start)}.");
        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0, "the socket closed");
    }

    private static bool IsClosed(Socket socket)
    {
        try
        {
            // The protocol header comes first.
            return socket.Receive(new byte[64]) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static ConnectionSupervisor Supervise(string role, ClientSettings settings, EndpointSelector selector)
        => new(role, settings, selector, new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System), NullLogger.Instance, TimeProvider.System);

    private static ClientSettings Settings(int port, IRabbitCredentialsProvider? provider = null)
    {
        var options = new ResilientRabbitOptions { CredentialsProvider = provider, ConnectTimeout = TimeSpan.FromSeconds(20) };
        options.Endpoints.Add(FormattableString.Invariant($"127.0.0.1:{port}"));
        return ClientSettings.From(options);
    }

    /// <summary>Answers once; who asks again waits until he gives up.</summary>
    private sealed class Provider : IRabbitCredentialsProvider
    {
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _calls;

        public Task Waiting => _waiting.Task;

        public async ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _calls) > 1)
            {
                _waiting.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            return new RabbitCredentials("guest", "guest");
        }
    }

    private sealed class EventLog(int awaited, Action action) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == awaited)
            {
                action();
            }
        }
    }
}

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

/// <summary>Names with several addresses of which the first is dead: at the same port of 127.0.0.2 nobody listens, or somebody who never says a word.</summary>
public sealed class DeadAddressTests : IAsyncLifetime
{
    private TestBroker _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await TestBroker.StartAsync();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task A_planned_move_reaches_the_second_address_when_the_first_one_never_answers()
    {
        using Socket silent = Listen();
        ClientSettings settings = Settings("127.0.0.2", "127.0.0.1");
        var selector = new EndpointSelector(settings.Endpoints, TimeProvider.System);

        ConnectionEpoch? epoch = await Attempts(settings, selector).TryAsync(settings.Endpoints[0], CancellationToken.None).WaitAsync(Bed.Patience);

        Assert.NotNull(epoch);
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_raw_connection_reaches_the_second_address_when_the_first_one_never_answers()
    {
        using Socket silent = Listen();
        ClientSettings settings = Settings("127.0.0.2", "127.0.0.1");
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        using var raw = new RawConnections(settings, new EndpointSelector(settings.Endpoints, TimeProvider.System), factory, NullLogger.Instance);

        await using IConnection connection = await raw.CreateConnectionAsync("reports").WaitAsync(Bed.Patience);

        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task After_a_loss_the_other_addresses_of_the_name_are_tried_before_the_one_that_was_lost()
    {
        ClientSettings settings = Settings(["127.0.0.2", "127.0.0.1"], TimeSpan.FromHours(1));
        ConnectAttempts attempts = Attempts(settings, new EndpointSelector(settings.Endpoints, TimeProvider.System));
        attempts.NoteLoss(settings.Endpoints[0], IPAddress.Parse("127.0.0.2"), new ConnectionException(ConnectionFailureReason.Silent, null, "a drill"));
        using Socket silent = Listen();

        // Before it would come the one that never answers: an hour.
        ConnectionEpoch epoch = await attempts.ConnectAsync(CancellationToken.None).WaitAsync(Bed.Patience);

        Assert.Equal(IPAddress.Loopback, PeerOf(epoch));
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task An_address_that_failed_is_tried_last_in_the_next_round_until_it_answers()
    {
        ClientSettings settings = Settings(["127.0.0.2", "127.0.0.1"], TimeSpan.FromHours(1));
        ConnectAttempts attempts = Attempts(settings, new EndpointSelector(settings.Endpoints, TimeProvider.System));
        int failed = 0;
        attempts.Failed += (_, _, _) => failed++;

        // Nobody listens at the first one; later somebody does who never answers.
        ConnectionEpoch epoch = await attempts.ConnectAsync(CancellationToken.None).WaitAsync(Bed.Patience);
        attempts.NoteOpened(epoch.Endpoint);
        using Socket silent = Listen();
        ConnectionEpoch again = await attempts.ConnectAsync(CancellationToken.None).WaitAsync(Bed.Patience);

        Assert.Equal((1, IPAddress.Loopback), (failed, PeerOf(again)));
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
        await again.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task What_is_left_of_the_addresses_of_an_endpoint_that_was_removed_is_not_tried()
    {
        ClientSettings settings = Settings("127.0.0.2", "127.0.0.3");
        var selector = new EndpointSelector(settings.Endpoints, TimeProvider.System);
        ConnectAttempts attempts = Attempts(settings, selector);
        int failed = 0;
        attempts.Failed += (_, _, _) =>
        {
            failed++;
            selector.Replace([new RabbitEndpoint("127.0.0.1", _broker.Port)]);
        };

        ConnectionEpoch epoch = await attempts.ConnectAsync(CancellationToken.None).WaitAsync(Bed.Patience);

        Assert.Equal(1, failed);
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_silent_node_with_two_addresses_holds_a_healthy_one_up_for_one_attempt_only()
    {
        using Socket first = Listen();
        using Socket second = Listen("127.0.0.3");
        ClientSettings settings = Settings(["127.0.0.2", "127.0.0.3"], TimeSpan.FromSeconds(1), options => options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_broker.Port}")));
        ConnectAttempts attempts = Attempts(settings, new EndpointSelector(settings.Endpoints, TimeProvider.System, order: EndpointOrder.Ordered));

        (ConnectionEpoch epoch, List<RabbitEndpoint> failed) = await ConnectAsync(attempts);

        Assert.Equal([settings.Endpoints[0]], failed);
        Assert.Equal(settings.Endpoints[1], epoch.Endpoint);
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Two_silent_nodes_hold_up_a_search_for_one_attempt_each_although_the_third_is_in_use()
    {
        using Socket first = Listen();
        using Socket second = Listen("127.0.0.3");
        ClientSettings settings = SilentOnes();
        ConnectAttempts attempts = Attempts(settings, InUse(settings));

        (ConnectionEpoch epoch, List<RabbitEndpoint> failed) = await ConnectAsync(attempts);

        Assert.Equal(settings.Endpoints.Take(2), failed.OrderBy(static endpoint => endpoint.Host));
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_raw_connection_finds_the_healthy_one_of_three_although_others_use_it()
    {
        using Socket first = Listen();
        using Socket second = Listen("127.0.0.3");
        ClientSettings settings = SilentOnes();
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        using var raw = new RawConnections(settings, InUse(settings), factory, NullLogger.Instance);

        await using IConnection connection = await raw.CreateConnectionAsync("reports").WaitAsync(Bed.Patience);

        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task Behind_proxies_a_search_begins_elsewhere_than_at_the_loss_and_anew_once_the_connection_was_open()
    {
        // A proxy is not avoided for the loss of a session: only the search itself knows.
        ClientSettings settings = Settings(["127.0.0.1"], TimeSpan.FromSeconds(3), options => options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"other.test:{_broker.Port}")));
        ConnectAttempts attempts = Attempts(settings, new EndpointSelector(settings.Endpoints, TimeProvider.System, mode: ConnectionMode.LoadBalancer));
        attempts.NoteLoss(settings.Endpoints[0], IPAddress.Loopback, new ConnectionException(ConnectionFailureReason.Silent, null, "a drill"));

        (ConnectionEpoch epoch, _) = await ConnectAsync(attempts);
        attempts.NoteOpened(epoch.Endpoint);
        (ConnectionEpoch again, _) = await ConnectAsync(attempts);

        Assert.Equal([settings.Endpoints[1], settings.Endpoints[0]], [epoch.Endpoint, again.Endpoint]);
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
        await again.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task An_address_is_found_once_however_often_the_resolver_names_it()
    {
        ClientSettings settings = Settings([.. Enumerable.Range(2, 40).Select(static number => FormattableString.Invariant($"127.0.0.{number / 2}"))]);

        IPAddress[] addresses = await new HostAddresses(settings, TimeProvider.System).FindAsync(settings.Endpoints[0], CancellationToken.None);

        Assert.Equal(Enumerable.Range(1, 20).Select(static number => IPAddress.Parse(FormattableString.Invariant($"127.0.0.{number}"))), addresses);
    }

    [Fact]
    public async Task The_addresses_that_do_not_fit_into_a_round_are_the_first_of_the_next_one()
    {
        // The resolver names them in the same order each time; only behind the last one is a broker.
        ClientSettings settings = Settings(
            [.. Enumerable.Range(2, 20).Select(static number => FormattableString.Invariant($"127.0.0.{number}")), "127.0.0.1"],
            TimeSpan.FromSeconds(3),
            static options => options.ReconnectDelay = options.ReconnectMaxDelay = TimeSpan.FromMilliseconds(10));
        ConnectAttempts attempts = Attempts(settings, new EndpointSelector(settings.Endpoints, TimeProvider.System));

        ConnectionEpoch epoch = await attempts.ConnectAsync(CancellationToken.None).WaitAsync(Bed.Patience);

        Assert.Equal(IPAddress.Loopback, PeerOf(epoch));
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_resolver_that_needs_longer_than_an_attempt_does_not_keep_the_client_out()
    {
        int asked = 0;
        ClientSettings settings = Settings(["127.0.0.1"], TimeSpan.FromSeconds(1), static options => options.ReconnectDelay = options.ReconnectMaxDelay = TimeSpan.FromMilliseconds(10));
        settings = settings with
        {
            Resolve = async (_, _) =>
            {
                Interlocked.Increment(ref asked);
                await Task.Delay(1500);
                return [IPAddress.Loopback];
            },
        };
        ConnectAttempts attempts = Attempts(settings, new EndpointSelector(settings.Endpoints, TimeProvider.System));

        ConnectionEpoch epoch = await attempts.ConnectAsync(CancellationToken.None).WaitAsync(Bed.Patience);

        Assert.Equal((1, IPAddress.Loopback), (asked, PeerOf(epoch)));
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task An_answer_that_came_too_late_is_good_for_one_attempt_and_a_late_failure_for_none()
    {
        var answers = new Queue<TaskCompletionSource<IPAddress[]>>([new(), new(), new(), new()]);
        TaskCompletionSource<IPAddress[]>[] all = [.. answers];
        ClientSettings settings = Settings("127.0.0.1") with { Resolve = (_, _) => answers.Dequeue().Task };
        var addresses = new HostAddresses(settings, TimeProvider.System);
        RabbitEndpoint endpoint = settings.Endpoints[0];
        using var over = new CancellationTokenSource();
        await over.CancelAsync();

        // Given up before its answer, then taken once.
        await Assert.ThrowsAsync<ConnectionException>(() => addresses.FindAsync(endpoint, over.Token));
        all[0].SetResult([IPAddress.Loopback]);
        Assert.Equal([IPAddress.Loopback], await addresses.FindAsync(endpoint, CancellationToken.None).WaitAsync(Bed.Patience));

        await Assert.ThrowsAsync<ConnectionException>(() => addresses.FindAsync(endpoint, over.Token));
        all[1].SetException(new SocketException((int)SocketError.TryAgain));
        all[2].SetResult([IPAddress.Any]);
        Assert.Equal([IPAddress.Any], await addresses.FindAsync(endpoint, CancellationToken.None).WaitAsync(Bed.Patience));
        Assert.Single(answers);
    }

    /// <summary>An attempt at the first two takes longer than an endpoint that failed once is avoided.</summary>
    private ClientSettings SilentOnes()
    {
        var options = new ResilientRabbitOptions { ConnectTimeout = TimeSpan.FromSeconds(1.5), ReconnectDelay = TimeSpan.FromMilliseconds(10), ReconnectMaxDelay = TimeSpan.FromMilliseconds(10) };
        foreach (int host in (int[])[2, 3, 1])
        {
            options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"127.0.0.{host}:{_broker.Port}"));
        }

        return ClientSettings.From(options);
    }

    /// <summary>Of the client's other connections several use the healthy one, which is why it ranks last.</summary>
    private static EndpointSelector InUse(ClientSettings settings)
    {
        var selector = new EndpointSelector(settings.Endpoints, TimeProvider.System);
        Array.ForEach([.. settings.Endpoints.Take(2)], selector.Failed);
        selector.Next("publish-2", new FailedEndpoints());
        selector.Next("reports-2", new FailedEndpoints());
        Array.ForEach([.. settings.Endpoints.Take(2)], selector.Succeeded);
        return selector;
    }

    private static async Task<(ConnectionEpoch Epoch, List<RabbitEndpoint> Failed)> ConnectAsync(ConnectAttempts attempts)
    {
        var failed = new List<RabbitEndpoint>();
        attempts.Failed += (endpoint, _, _) => failed.Add(endpoint);
        return (await attempts.ConnectAsync(CancellationToken.None).WaitAsync(Bed.Patience), failed);
    }

    private static IPAddress PeerOf(ConnectionEpoch epoch) => ((IPEndPoint)epoch.Stream.Socket.RemoteEndPoint!).Address;

    private static ConnectAttempts Attempts(ClientSettings settings, EndpointSelector selector) => new(
        "publish-1", "test:publish-1", settings, selector, new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System), NullLogger.Instance, TimeProvider.System);

    private Socket Listen(string address = "127.0.0.2")
    {
        var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Parse(address), _broker.Port));
        silent.Listen();
        return silent;
    }

    private ClientSettings Settings(params string[] addresses) => Settings(addresses, TimeSpan.FromSeconds(3));

    private ClientSettings Settings(string[] addresses, TimeSpan limit, Action<ResilientRabbitOptions>? configure = null)
    {
        var options = new ResilientRabbitOptions { ConnectTimeout = limit };
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"several.test:{_broker.Port}"));
        configure?.Invoke(options);
        return ClientSettings.From(options) with { Resolve = (_, _) => Task.FromResult<IPAddress[]>([.. addresses.Select(IPAddress.Parse)]) };
    }
}

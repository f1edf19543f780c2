using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Bad endpoints among good ones, and many clients at once.</summary>
public sealed class SelectionScenarios
{
    private const int Connecting = 1000;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    [Fact, Scenario("36", "P13")]
    public async Task A_name_with_three_addresses_of_which_two_are_dead_connects_within_one_round()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        var options = new ResilientRabbitOptions { ReconnectDelay = TimeSpan.FromHours(1), ReconnectMaxDelay = TimeSpan.FromHours(1) };
        options.Endpoints.Add($"three.test:{broker.Port}");
        ClientSettings settings = ClientSettings.From(options) with
        {
            Resolve = static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.3"), IPAddress.Loopback]),
        };
        int failed = 0;
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        var attempts = new ConnectAttempts("publish-1", "test:publish-1", settings, new EndpointSelector(settings.Endpoints, TimeProvider.System), factory, NullLogger.Instance, TimeProvider.System);
        attempts.Failed += (_, _, _) => failed++;

        // A pause would last an hour.
        ConnectionEpoch epoch = await attempts.ConnectAsync(CancellationToken.None).WaitAsync(Bed.Patience);

        Assert.Equal(2, failed);
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Theory, Scenario("29,31,63", "P13")]
    [InlineData("never answers")]
    [InlineData("closes in the handshake")]
    [InlineData("resets in the handshake")]
    [InlineData("refuses the virtual host")]
    public async Task Of_three_nodes_of_which_one_is_bad_a_healthy_one_is_used_within_one_connect_timeout(string fault)
    {
        await using TestBroker good = await TestBroker.StartAsync(WithVirtualHost("v"));
        await using TestBroker bad = await TestBroker.StartAsync(fault is "refuses the virtual host" ? new TestBrokerOptions() : WithVirtualHost("v"));
        await using FrameProxy first = FrameProxy.Start(good.Host, good.Port);
        await using FrameProxy second = FrameProxy.Start(good.Host, good.Port);
        await using FrameProxy third = FrameProxy.Start(bad.Host, bad.Port);
        _ = fault switch
        {
            "never answers" => third.Faults.AtConnect().Always().AcceptThenSilence(),
            "closes in the handshake" => third.Faults.FromClient(AmqpMethod.ConnectionStartOk).Always().Instead().Fin(),
            "resets in the handshake" => third.Faults.FromClient(AmqpMethod.ConnectionOpen).Always().Instead().Reset(),
            _ => null,
        };
        using var log = new RecordingLog();
        var options = new ResilientRabbitOptions { VirtualHost = "v", ConnectTimeout = ConnectTimeout };
        foreach (FrameProxy proxy in new[] { first, second, third })
        {
            options.Endpoints.Add($"{proxy.Host}:{proxy.Port}");
        }

        // Two for publishing and one for consuming: they go apart, so one of them meets the bad node.
        await using var client = new RabbitClient(options, log);
        long start = Stopwatch.GetTimestamp();
        _ = client.ConnectAsync();
        await Bed.UntilAsync(() => client.Status.Connections.All(static connection => connection.State == ConnectionState.Connected), "all connections");
        TimeSpan taken = Stopwatch.GetElapsedTime(start);

        Assert.True(taken < ConnectTimeout + TimeSpan.FromSeconds(1), $"It took {taken}.");
        Assert.Equal(4, log.Count(Connecting));
        Assert.All(client.Status.Connections, connection => Assert.NotEqual($"{third.Host}:{third.Port}", connection.Endpoint));
    }

    [Fact, Scenario("29", "P14")]
    public async Task Fifty_clients_that_lose_one_node_of_three_do_not_storm()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(3, new TestClusterOptions { Broker = { KeepJournal = false } });
        using var log = new RecordingLog();
        List<RabbitClient> clients = [];
        for (int number = 0; number < 50; number++)
        {
            var options = new ResilientRabbitOptions();
            options.Publisher.Connections = 1;
            foreach (string endpoint in cluster.Endpoints)
            {
                options.Endpoints.Add(endpoint);
            }

            clients.Add(new RabbitClient(options, log));
        }

        foreach (RabbitClient client in clients)
        {
            await client.ConnectAsync().WaitAsync(Bed.Patience);
        }

        await Bed.UntilAsync(() => clients.TrueForAll(static client => client.Status.Connections.All(static connection => connection.State == ConnectionState.Connected)), "all connections");
        int lost = cluster.Nodes[0].Connections().Count;
        int before = log.Count(Connecting);

        await cluster.KillAsync(0);
        await Task.Delay(TimeSpan.FromSeconds(1));
        int first = log.Count(Connecting) - before;
        await Task.Delay(TimeSpan.FromSeconds(2));
        int later = log.Count(Connecting) - before - first;

        // One attempt for each lost connection, elsewhere, and it succeeds.
        Assert.InRange(first, lost, 50);
        Assert.InRange(later, 0, 20);
        Assert.InRange(lost, 20, 50);
        await Bed.UntilAsync(() => clients.TrueForAll(static client => client.Status.State == ConnectionState.Connected), "all clients elsewhere");
        await Task.WhenAll(clients.Select(static client => client.DisposeAsync().AsTask()));
    }

    [Fact, Scenario("36", "P13")]
    public async Task Behind_a_proxy_the_same_address_is_used_again_at_once()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => (options.ReconnectDelay, options.ReconnectMaxDelay) = (TimeSpan.FromHours(1), TimeSpan.FromHours(1)));
        await Bed.AllAsync(Bed.Publish(client, 3));

        bed.Line.ResetConnections();

        bed.AssertHonest(await Bed.AllAsync(Bed.Publish(client, 3, first: 3)));
        Assert.Equal(2, bed.Line.AcceptedCount);
    }

    private static TestBrokerOptions WithVirtualHost(string name)
    {
        var options = new TestBrokerOptions();
        options.VirtualHosts.Add(name);
        return options;
    }
}

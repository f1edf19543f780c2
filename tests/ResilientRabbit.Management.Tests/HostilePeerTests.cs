using System.Net.Sockets;
using System.Text;
using ResilientRabbit.Management.Tests.Harness;
using Xunit;
using static ResilientRabbit.Management.Tests.Harness.HttpPeer;

namespace ResilientRabbit.Management.Tests;

/// <summary>What a broken, wrong or malicious server can send: a typed failure in time, and no more memory than the limit.</summary>
public sealed class HostilePeerTests
{
    public static TheoryData<string> NotJson =>
    [
        "<html>Welcome to the proxy</html>", "", "null", "{", "[", "\"text\"", "42", "[{}]", "{\"cluster_name\":[1]}", "{\"cluster_name\":{\"a\":1}}", "\0\0\0", "{\"cluster_name\":\"a\"} trailing",
    ];

    [Theory, MemberData(nameof(NotJson))]
    public async Task A_body_that_is_not_what_the_api_sends_is_malformed(string body)
    {
        await using var peer = new HttpPeer(_ => Reply(body));
        using RabbitManagementClient client = peer.NewClient();

        ManagementException failure = await Failing.WithAsync(ManagementFailure.Malformed, () => client.GetOverviewAsync());

        Assert.Equal(200, failure.StatusCode);
        Assert.False(failure.IsTransient);
        Assert.Single(peer.Seen);
        Assert.DoesNotContain("proxy", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"error\":\"bad_request\",\"reason\":\"\\ud800\"}")]
    [InlineData("{\"error\":\"\\ud800\"}")]
    public async Task A_refusal_whose_words_are_no_text_is_a_refusal_without_words(string body)
    {
        await using var peer = new HttpPeer(_ => Reply(body, 400));
        using RabbitManagementClient client = peer.NewClient();

        ManagementException failure = await Failing.WithAsync(ManagementFailure.BadRequest, () => client.GetOverviewAsync());

        Assert.Null(failure.BrokerReason);
    }

    [Theory]
    [InlineData("1e300")]
    [InlineData("-1e300")]
    [InlineData("\"NaN\"")]
    [InlineData("1e999")]
    public async Task A_number_in_a_parameter_that_no_time_can_be_is_left_out(string number)
    {
        await using var peer = new HttpPeer(request => Reply(request.Target.Contains("shovel", StringComparison.Ordinal)
            ? $$"""[{"component":"shovel","vhost":"/","name":"s","value":{"src-uri":"amqp://","dest-uri":"amqp://","reconnect-delay":{{number}},"src-prefetch-count":{{number}}} }]"""
            : $$"""[{"component":"federation-upstream","vhost":"/","name":"u","value":{"uri":"amqp://","reconnect-delay":{{number}},"expires":{{number}},"message-ttl":{{number}},"max-hops":{{number}}} }]"""));
        using RabbitManagementClient client = peer.NewClient();

        Shovel shovel = Assert.Single(await client.ListShovelsAsync());
        FederationUpstream upstream = Assert.Single(await client.ListFederationUpstreamsAsync());

        Assert.True(shovel is { ReconnectDelay: null, SourcePrefetch: null }, $"{shovel.ReconnectDelay}, {shovel.SourcePrefetch}");
        Assert.True(upstream is { ReconnectDelay: null, Expires: null, MessageTtl: null, MaxHops: null }, $"{upstream.ReconnectDelay}, {upstream.Expires}, {upstream.MessageTtl}, {upstream.MaxHops}");
    }

    [Fact]
    public async Task A_deep_body_is_malformed_and_ends_no_process()
    {
        await using var peer = new HttpPeer(_ => Reply("[{\"name\":\"q\",\"arguments\":{\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}}]"));
        using RabbitManagementClient client = peer.NewClient();

        await Failing.WithAsync(ManagementFailure.Malformed, () => client.ListQueuesAsync());
    }

    [Fact]
    public async Task A_body_that_is_announced_larger_than_the_limit_is_not_read()
    {
        await using var peer = new HttpPeer(_ => "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n[");
        using RabbitManagementClient client = peer.NewClient(static options => options.MaxResponseSize = 4096);

        await Failing.WithAsync(ManagementFailure.TooLarge, () => client.ListQueuesAsync());

        Assert.Single(peer.Seen);
    }

    [Fact]
    public async Task An_endless_body_ends_at_the_limit()
    {
        long sent = 0;
        await using var peer = new HttpPeer(async (_, stream, end) =>
        {
            byte[] chunk = Encoding.ASCII.GetBytes("2000\r\n" + new string(' ', 0x2000) + "\r\n");
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), end);
            while (true)
            {
                await stream.WriteAsync(chunk, end);
                sent += chunk.Length;
            }
        });
        using RabbitManagementClient client = peer.NewClient(static options => options.MaxResponseSize = 100_000);

        await Failing.WithAsync(ManagementFailure.TooLarge, () => client.ListQueuesAsync());

        // What the sockets' buffers take, beyond the limit.
        Assert.InRange(Volatile.Read(ref sent), 1, 64_000_000);
    }

    [Fact]
    public async Task A_server_that_never_answers_costs_the_time_limit_of_each_attempt()
    {
        await using var peer = new HttpPeer((_, _, end) => Task.Delay(Timeout.Infinite, end));
        using RabbitManagementClient client = peer.NewClient(static options =>
        {
            options.RequestTimeout = TimeSpan.FromMilliseconds(100);
            options.MaxAttempts = 2;
        });

        ManagementException failure = await Failing.WithAsync(ManagementFailure.TimedOut, () => client.GetOverviewAsync());

        Assert.Equal(2, failure.Attempts);
        Assert.Equal(2, peer.Seen.Count);
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task A_body_that_trickles_does_not_outlive_the_time_limit()
    {
        await using var peer = new HttpPeer(async (_, stream, end) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"u8.ToArray(), end);
            while (true)
            {
                await stream.WriteAsync(" "u8.ToArray(), end);
                await Task.Delay(20, end);
            }
        });
        using RabbitManagementClient client = peer.NewClient(static options =>
        {
            options.RequestTimeout = TimeSpan.FromMilliseconds(300);
            options.MaxAttempts = 1;
        });

        await Failing.WithAsync(ManagementFailure.TimedOut, () => client.GetOverviewAsync());
    }

    [Fact]
    public async Task A_connection_that_ends_within_the_body_is_lost()
    {
        await using var peer = new HttpPeer((_, stream, end) => HangUpAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", end));
        using RabbitManagementClient client = peer.NewClient(static options => options.MaxAttempts = 2);

        ManagementException failure = await Failing.WithAsync(ManagementFailure.ConnectionLost, () => client.GetOverviewAsync());

        Assert.Equal(2, failure.Attempts);
    }

    [Fact]
    public async Task What_is_not_HTTP_is_malformed()
    {
        await using var peer = new HttpPeer((_, stream, end) => HangUpAsync(stream, "AMQP\0\0\u0009\u0001 and more that is no status line\r\n\r\n", end));
        using RabbitManagementClient client = peer.NewClient();

        await Failing.WithAsync(ManagementFailure.Malformed, () => client.GetOverviewAsync());
    }

    [Fact]
    public async Task Headers_without_an_end_are_malformed()
    {
        await using var peer = new HttpPeer(async (_, stream, end) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), end);
            byte[] header = Encoding.ASCII.GetBytes("X-Header: " + new string('x', 1000) + "\r\n");
            while (true)
            {
                await stream.WriteAsync(header, end);
            }
        });
        using RabbitManagementClient client = peer.NewClient();

        await Failing.WithAsync(ManagementFailure.Malformed, () => client.GetOverviewAsync());
    }

    [Fact]
    public async Task A_redirection_is_not_followed()
    {
        await using var thief = new HttpPeer(static _ => Reply("{}"));
        await using var peer = new HttpPeer(_ => Reply("", 302, $"Location: {thief.Address}/api/overview\r\n"));
        using RabbitManagementClient client = peer.NewClient();

        ManagementException failure = await Failing.WithAsync(ManagementFailure.Malformed, () => client.GetOverviewAsync());

        Assert.Equal(302, failure.StatusCode);
        Assert.Empty(thief.Seen);
        Assert.Single(peer.Seen);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_unreachable()
    {
        int port;
        using (var socket = new TcpListener(System.Net.IPAddress.Loopback, 0))
        {
            socket.Start();
            port = ((System.Net.IPEndPoint)socket.LocalEndpoint).Port;
        }

        using var client = new RabbitManagementClient(new ManagementOptions { Addresses = { $"http://127.0.0.1:{port}" }, RetryDelay = TimeSpan.FromMilliseconds(1) });

        ManagementException failure = await Failing.WithAsync(ManagementFailure.Unreachable, () => client.SetPermissionsAsync("u", "", "", ""));

        Assert.Equal(3, failure.Attempts);
        Assert.Contains("ConnectionRefused", failure.Message, StringComparison.Ordinal);
        Assert.Equal($"http://127.0.0.1:{port}", failure.Address);
    }

    [Fact]
    public async Task A_peer_that_accepts_and_never_speaks_TLS_costs_the_connect_timeout()
    {
        using var silent = new TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        using var client = new RabbitManagementClient(new ManagementOptions
        {
            Addresses = { $"https://127.0.0.1:{((System.Net.IPEndPoint)silent.LocalEndpoint).Port}" },
            ConnectTimeout = TimeSpan.FromMilliseconds(100),
            MaxAttempts = 1,
        });

        await Failing.WithAsync(ManagementFailure.Unreachable, () => client.GetOverviewAsync());
    }

    [Fact]
    public async Task The_callers_own_cancellation_is_no_failure()
    {
        using var mine = new CancellationTokenSource();
        await using var peer = new HttpPeer(async (_, _, end) =>
        {
            await mine.CancelAsync();
            await Task.Delay(Timeout.Infinite, end);
        });
        using RabbitManagementClient client = peer.NewClient();

        OperationCanceledException canceled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetOverviewAsync(mine.Token).WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Equal(mine.Token, canceled.CancellationToken);
    }

    private static async Task HangUpAsync(Stream stream, string text, CancellationToken end)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), end);
        throw new IOException("The test hangs up.");
    }
}

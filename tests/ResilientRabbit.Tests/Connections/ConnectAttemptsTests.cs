using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class ConnectAttemptsTests
{
    [Fact]
    public async Task A_pause_between_attempts_ends_when_another_connection_of_the_client_was_opened()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ConnectAttempts attempts = Create(((IPEndPoint)listener.LocalEndPoint!).Port);
        using var failed = new SemaphoreSlim(0);
        attempts.Failed += (_, _, _) => failed.Release();
        using var closing = new CancellationTokenSource();

        // Bound but not listening: refused at once, and then a pause of an hour.
        Task connecting = attempts.ConnectAsync(closing.Token);
        Assert.True(await failed.WaitAsync(Watch.Limit));
        listener.Listen();
        Task<Socket> accepting = listener.AcceptAsync();
        await WakeUntilAsync(attempts, accepting);
        using Socket accepted = await accepting;

        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task Waking_ends_no_attempt_that_is_under_way()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        ConnectAttempts attempts = Create(((IPEndPoint)listener.LocalEndPoint!).Port);
        using var closing = new CancellationTokenSource();
        Task connecting = attempts.ConnectAsync(closing.Token);
        using Socket accepted = await listener.AcceptAsync().WaitAsync(Watch.Limit);
        var header = new byte[8];
        await accepted.ReceiveAsync(header).WaitAsync(Watch.Limit);

        attempts.WakeUp();

        // An attempt that was ended would be made again, over a new socket.
        Task<Socket> another = listener.AcceptAsync();
        Assert.NotSame(another, await Task.WhenAny(another, Task.Delay(200)));
        Assert.False(connecting.IsCompleted);
        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Watch.Limit));
    }

    /// <summary>The failure is told a moment before the pause begins: so it is woken until it has been heard.</summary>
    private static async Task WakeUntilAsync(ConnectAttempts attempts, Task heard)
    {
        using var limit = new CancellationTokenSource(Watch.Limit);
        while (!heard.IsCompleted)
        {
            attempts.WakeUp();
            await Task.WhenAny(heard, Task.Delay(10, limit.Token));
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    private static ConnectAttempts Create(int port)
    {
        var options = new ResilientRabbitOptions { ReconnectDelay = TimeSpan.FromHours(1), ReconnectMaxDelay = TimeSpan.FromHours(1), ConnectTimeout = TimeSpan.FromMinutes(5) };
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"));
        ClientSettings settings = ClientSettings.From(options);
        return new ConnectAttempts(
            "publish-1", "test:publish-1", settings, new EndpointSelector(settings.Endpoints, TimeProvider.System, 0),
            new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System), NullLogger.Instance, TimeProvider.System);
    }
}

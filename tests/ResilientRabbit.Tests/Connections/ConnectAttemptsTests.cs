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

    [Fact]
    public async Task A_reload_during_an_attempt_is_followed_by_another_one_at_once()
    {
        using TcpListener listener = Listen();
        ConnectAttempts attempts = Create(((IPEndPoint)listener.LocalEndpoint).Port);
        using var closing = new CancellationTokenSource();
        Task connecting = attempts.ConnectAsync(closing.Token);
        Socket hanging = await listener.AcceptSocketAsync().WaitAsync(Watch.Limit);

        // It ends no attempt, but the pause of an hour after it; and only one.
        attempts.SettingsLoaded(isDifferent: true);
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        hanging.Dispose();
        Socket again = await listener.AcceptSocketAsync().WaitAsync(Watch.Limit);
        attempts.Failed += (_, _, _) => failed.TrySetResult();
        Task<Socket> third = listener.AcceptSocketAsync();
        again.Dispose();
        await failed.Task.WaitAsync(Watch.Limit);

        Assert.NotSame(third, await Task.WhenAny(third, Task.Delay(200)));
        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Watch.Limit));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task An_address_at_which_nobody_listens_is_called_unreachable_whatever_its_family(string address)
    {
        IPAddress loopback = IPAddress.Parse(address);
        Assert.SkipUnless(loopback.AddressFamily == AddressFamily.InterNetwork || Socket.OSSupportsIPv6, "There is no IPv6 here.");
        using var bound = new Socket(loopback.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(loopback, 0));
        ConnectAttempts attempts = Create(bound.LocalEndPoint!.ToString()!, TimeSpan.FromHours(1));
        var failed = new TaskCompletionSource<ConnectionException>(TaskCreationOptions.RunContinuationsAsynchronously);
        attempts.Failed += (_, error, _) => failed.TrySetResult(error);
        using var closing = new CancellationTokenSource();

        Task connecting = attempts.ConnectAsync(closing.Token);
        ConnectionException error = await failed.Task.WaitAsync(Watch.Limit);

        Assert.Equal((ConnectionFailureReason.Unreachable, bound.LocalEndPoint.ToString()), (error.Reason, error.Endpoint));

        // The words alone: the stack of a refused connection is the thread's whole one, which may have another test in it.
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            Assert.DoesNotContain("resolved", cause.Message, StringComparison.Ordinal);
        }

        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task A_resolver_that_does_not_answer_is_not_called_a_silent_broker()
    {
        var answer = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        ConnectAttempts attempts = Create("slow.test:5672", TimeSpan.FromHours(1), settings => settings with { ConnectTimeout = TimeSpan.FromMilliseconds(100), Resolve = (_, _) => answer.Task });
        var failed = new TaskCompletionSource<ConnectionException>(TaskCreationOptions.RunContinuationsAsynchronously);
        attempts.Failed += (_, error, _) => failed.TrySetResult(error);
        using var closing = new CancellationTokenSource();

        Task connecting = attempts.ConnectAsync(closing.Token);
        ConnectionException error = await failed.Task.WaitAsync(Watch.Limit);

        Assert.Equal(ConnectionFailureReason.NameNotResolved, error.Reason);
        Assert.Contains("'slow.test' was not resolved in time", error.Message, StringComparison.Ordinal);
        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task An_endpoint_that_is_removed_while_its_name_is_being_resolved_is_not_dialled()
    {
        using TcpListener removed = Listen();
        using TcpListener added = Listen();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        EndpointSelector? selector = null;
        ConnectAttempts attempts = Create(
            FormattableString.Invariant($"old.test:{((IPEndPoint)removed.LocalEndpoint).Port}"),
            TimeSpan.FromHours(1),
            settings => settings with
            {
                Resolve = (_, _) =>
                {
                    asked.TrySetResult();
                    return answer.Task;
                },
            },
            made => selector = made);
        using var closing = new CancellationTokenSource();
        Task<Socket> atRemoved = removed.AcceptSocketAsync();
        Task connecting = attempts.ConnectAsync(closing.Token);
        await asked.Task.WaitAsync(Watch.Limit);

        selector!.Replace([new RabbitEndpoint("127.0.0.1", ((IPEndPoint)added.LocalEndpoint).Port)]);
        answer.SetResult([IPAddress.Loopback]);
        using Socket accepted = await added.AcceptSocketAsync().WaitAsync(Watch.Limit);

        Assert.False(atRemoved.IsCompleted);
        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task An_endpoint_that_is_removed_while_the_provider_of_credentials_is_being_asked_is_not_dialled()
    {
        using TcpListener removed = Listen();
        using TcpListener added = Listen();
        var provider = new GatedCredentials();
        EndpointSelector? selector = null;
        ConnectAttempts attempts = Create(
            FormattableString.Invariant($"127.0.0.1:{((IPEndPoint)removed.LocalEndpoint).Port}"),
            TimeSpan.FromHours(1),
            settings => settings with { CredentialsProvider = provider },
            made => selector = made);
        using var closing = new CancellationTokenSource();
        Task<Socket> atRemoved = removed.AcceptSocketAsync();
        Task connecting = attempts.ConnectAsync(closing.Token);
        await provider.Asked.Task.WaitAsync(Watch.Limit);

        selector!.Replace([new RabbitEndpoint("127.0.0.1", ((IPEndPoint)added.LocalEndpoint).Port)]);
        provider.Answer.SetResult(new RabbitCredentials("guest", "guest"));
        using Socket accepted = await added.AcceptSocketAsync().WaitAsync(Watch.Limit);

        Assert.False(atRemoved.IsCompleted);
        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task After_a_failure_at_an_endpoint_that_was_removed_meanwhile_there_is_no_pause()
    {
        using TcpListener removed = Listen();
        using TcpListener added = Listen();
        EndpointSelector? selector = null;
        ConnectAttempts attempts = Create(FormattableString.Invariant($"127.0.0.1:{((IPEndPoint)removed.LocalEndpoint).Port}"), TimeSpan.FromHours(1), attach: made => selector = made);
        using var closing = new CancellationTokenSource();
        Task connecting = attempts.ConnectAsync(closing.Token);
        Socket hanging = await removed.AcceptSocketAsync().WaitAsync(Watch.Limit);

        selector!.Replace([new RabbitEndpoint("127.0.0.1", ((IPEndPoint)added.LocalEndpoint).Port)]);
        hanging.Dispose();
        using Socket accepted = await added.AcceptSocketAsync().WaitAsync(Watch.Limit);

        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task A_pause_of_the_longest_duration_is_a_pause()
    {
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ConnectAttempts attempts = Create(bound.LocalEndPoint!.ToString()!, ProblemList.LongestDuration);
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int failed = 0;
        attempts.Failed += (_, _, delay) =>
        {
            Assert.True(delay >= ProblemList.LongestDuration / 2, $"The pause is {delay}.");
            if (Interlocked.Increment(ref failed) == 2)
            {
                again.TrySetResult();
            }
        };
        using var closing = new CancellationTokenSource();

        Task connecting = attempts.ConnectAsync(closing.Token);
        await WakeUntilAsync(attempts, again.Task);

        Assert.False(connecting.IsCompleted);
        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Watch.Limit));
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
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

    private static ConnectAttempts Create(int port) => Create(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), TimeSpan.FromHours(1));

    private static ConnectAttempts Create(string endpoint, TimeSpan pause, Func<ClientSettings, ClientSettings>? adapt = null, Action<EndpointSelector>? attach = null)
    {
        var options = new ResilientRabbitOptions { ReconnectDelay = pause, ReconnectMaxDelay = pause, ConnectTimeout = TimeSpan.FromMinutes(5) };
        options.Endpoints.Add(endpoint);
        ClientSettings settings = ClientSettings.From(options);
        settings = adapt?.Invoke(settings) ?? settings;
        var selector = new EndpointSelector(settings.Endpoints, TimeProvider.System, 0);
        attach?.Invoke(selector);
        return new ConnectAttempts(
            "publish-1", "test:publish-1", settings, selector,
            new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System), NullLogger.Instance, TimeProvider.System);
    }

    private sealed class GatedCredentials : IRabbitCredentialsProvider
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<RabbitCredentials> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            return new ValueTask<RabbitCredentials>(Answer.Task);
        }
    }
}

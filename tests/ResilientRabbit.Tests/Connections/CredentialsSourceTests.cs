using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.Tests.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class CredentialsSourceTests
{
    private static readonly RabbitEndpoint Endpoint = new("node", 5672);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Without_a_provider_the_options_count()
    {
        RabbitCredentials credentials = await new CredentialsSource(NullLogger.Instance, _time).GetAsync(Settings(null), Endpoint, CancellationToken.None);

        Assert.Equal(("guest", "guest"), (credentials.UserName, credentials.Password));
    }

    [Fact]
    public async Task The_provider_is_asked_each_time()
    {
        int calls = 0;
        var source = new CredentialsSource(NullLogger.Instance, _time);
        ClientSettings settings = Settings(_ => ValueTask.FromResult(new RabbitCredentials("u", $"p{++calls}")));

        Assert.Equal("p1", (await source.GetAsync(settings, Endpoint, CancellationToken.None)).Password);
        Assert.Equal("p2", (await source.GetAsync(settings, Endpoint, CancellationToken.None)).Password);
    }

    [Fact]
    public async Task Credentials_that_have_expired_are_not_used()
    {
        ClientSettings settings = Settings(_ => ValueTask.FromResult(new RabbitCredentials("u", Canary.Secret, _time.GetUtcNow())));

        await FailsAsync(settings, "expired");
    }

    [Fact]
    public async Task Of_a_provider_that_throws_only_the_type_is_told()
        => await FailsAsync(Settings(_ => throw new InvalidOperationException(Canary.Secret)), "failed with InvalidOperationException");

    [Fact]
    public async Task A_provider_that_returns_nothing_is_told() => await FailsAsync(Settings(_ => default), "returned nothing");

    [Fact]
    public async Task A_provider_that_blocks_its_thread_ends_with_the_attempt_and_is_not_called_again_meanwhile()
    {
        using var release = new ManualResetEventSlim();
        int calls = 0;
        ClientSettings settings = Settings(_ =>
        {
            Interlocked.Increment(ref calls);
            release.Wait(Watch.Limit);
            return ValueTask.FromResult(new RabbitCredentials("u", "p"));
        });
        var source = new CredentialsSource(NullLogger.Instance, _time);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            using var deadline = new CancellationTokenSource();
            Task<RabbitCredentials> asking = source.GetAsync(settings, Endpoint, deadline.Token).AsTask();
            await deadline.CancelAsync();
            ConnectionException error = await Assert.ThrowsAsync<ConnectionException>(() => asking.WaitAsync(Watch.Limit));
            Assert.Equal(ConnectionFailureReason.CredentialsUnavailable, error.Reason);
            Assert.Contains("did not answer in time", error.Message, StringComparison.Ordinal);
        }

        Task<RabbitCredentials> late = source.GetAsync(settings, Endpoint, CancellationToken.None).AsTask();
        release.Set();

        Assert.Equal("p", (await late.WaitAsync(Watch.Limit)).Password);
        Assert.Equal(1, calls);
        await source.GetAsync(settings, Endpoint, CancellationToken.None).AsTask().WaitAsync(Watch.Limit);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task A_call_that_never_returns_is_not_waited_for_in_the_place_of_another_provider()
    {
        var never = new TaskCompletionSource<RabbitCredentials>();
        var source = new CredentialsSource(NullLogger.Instance, _time);
        using var deadline = new CancellationTokenSource();
        Task<RabbitCredentials> asking = source.GetAsync(Settings(_ => new ValueTask<RabbitCredentials>(never.Task)), Endpoint, deadline.Token).AsTask();
        await deadline.CancelAsync();
        await Assert.ThrowsAsync<ConnectionException>(() => asking.WaitAsync(Watch.Limit));

        // As after a change of the options at run time.
        ClientSettings mended = Settings(static _ => ValueTask.FromResult(new RabbitCredentials("u", "mended")));

        Assert.Equal("mended", (await source.GetAsync(mended, Endpoint, CancellationToken.None).AsTask().WaitAsync(Watch.Limit)).Password);
    }

    [Fact]
    public async Task A_callback_of_the_provider_that_throws_at_the_time_limit_ends_nothing_but_itself()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ClientSettings settings = Settings(async token =>
        {
            await using CancellationTokenRegistration thrower = token.Register(static () => throw new InvalidOperationException(Canary.Secret));
            waiting.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return new RabbitCredentials("u", "p");
        });
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5), _time);
        Task<RabbitCredentials> asking = new CredentialsSource(NullLogger.Instance, _time).GetAsync(settings, Endpoint, deadline.Token).AsTask();
        await waiting.Task.WaitAsync(Watch.Limit);

        // What comes out of here would end the process on a timer of the runtime.
        _time.Advance(TimeSpan.FromSeconds(5));

        await Assert.ThrowsAsync<ConnectionException>(() => asking.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task Credentials_that_come_too_late_are_not_kept()
    {
        var source = new CredentialsSource(NullLogger.Instance, _time);
        WeakReference late = await GiveUpAsync(source);

        using var limit = new CancellationTokenSource(Watch.Limit);
        while (late.IsAlive && !limit.IsCancellationRequested)
        {
            // Behind what the end of the call has set off on the pool, which a busy machine may run late.
            await Task.Run(GC.Collect);
        }

        Assert.False(late.IsAlive);
        GC.KeepAlive(source);
    }

    [Fact]
    public void The_password_is_in_no_text() => Assert.Equal("u:***", new RabbitCredentials("u", Canary.Secret).ToString());

    [Theory]
    [InlineData("", "p")]
    [InlineData("u", "")]
    [InlineData("u\0", "p")]
    [InlineData("u", "p\0")]
    public void What_cannot_be_sent_is_refused(string user, string password)
        => Assert.False(Canary.IsIn(Assert.ThrowsAny<ArgumentException>(() => new RabbitCredentials(user, password)).Message));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> GiveUpAsync(CredentialsSource source)
    {
        var answer = new TaskCompletionSource<RabbitCredentials>();
        var credentials = new RabbitCredentials("u", "p");
        using var deadline = new CancellationTokenSource();
        Task<RabbitCredentials> asking = source.GetAsync(Settings(_ => new ValueTask<RabbitCredentials>(answer.Task)), Endpoint, deadline.Token).AsTask();
        await deadline.CancelAsync();
        await Assert.ThrowsAsync<ConnectionException>(() => asking.WaitAsync(Watch.Limit));

        answer.SetResult(credentials);
        return new WeakReference(credentials);
    }

    private async Task FailsAsync(ClientSettings settings, string text)
    {
        ConnectionException error = await Assert.ThrowsAsync<ConnectionException>(
            () => new CredentialsSource(NullLogger.Instance, _time).GetAsync(settings, Endpoint, CancellationToken.None).AsTask());

        Assert.Equal((ConnectionFailureReason.CredentialsUnavailable, "node:5672"), (error.Reason, error.Endpoint));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.False(Canary.IsIn(error.ToString()));
        Assert.True(error.IsTransient);
    }

    private static ClientSettings Settings(Func<CancellationToken, ValueTask<RabbitCredentials>>? ask)
        => ClientSettings.From(new ResilientRabbitOptions { CredentialsProvider = ask is null ? null : new LambdaCredentials(ask) });

    private sealed class LambdaCredentials(Func<CancellationToken, ValueTask<RabbitCredentials>> ask) : IRabbitCredentialsProvider
    {
        public ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken) => ask(cancellationToken);
    }
}

using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>Tokens of ours reach the application's code, and what it registers there may throw, as <c>SetCanceled</c> does on what has ended.</summary>
public sealed class CallbackTests
{
    [Fact]
    public async Task A_callback_that_throws_does_not_keep_the_socket_of_a_lost_session_open()
    {
        await using Bed bed = await Bed.StartAsync();
        var options = new ResilientRabbitOptions();
        options.Endpoints.Add(bed.Endpoint);
        var settings = ClientSettings.From(options);
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        ConnectionEpoch epoch = await factory.OpenAsync(settings.Endpoints[0], IPAddress.Loopback, "test", new EndpointSelector(settings.Endpoints, TimeProvider.System), CancellationToken.None).WaitAsync(Bed.Patience);
        using CancellationTokenRegistration thrower = epoch.Dead.Register(static () => throw new InvalidOperationException("a drill"));

        epoch.Kill(new ConnectionLoss(ConnectionFailureReason.Silent, "a drill"));

        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0 && factory.Teardowns.Running == 0, "no socket left", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_callback_of_a_credentials_provider_that_throws_does_not_keep_the_client_from_closing()
    {
        await using Bed bed = await Bed.StartAsync();
        var provider = new Provider();
        RabbitClient client = bed.NewClient(options => options.CredentialsProvider = provider);
        await Bed.AllAsync(Bed.Publish(client, 1));
        provider.IsThrowing = true;
        Task raw = client.ConnectionFactory.CreateConnectionAsync("raw");
        await provider.Waiting.WaitAsync(Bed.Patience);

        await client.DisposeAsync().AsTask().WaitAsync(Bed.Patience);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => raw.WaitAsync(Bed.Patience));
        await Bed.UntilAsync(() => bed.Line.ConnectionCount == 0, "no socket left", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Callbacks_that_throw_at_time_limits_do_not_end_the_process()
    {
        await using Bed bed = await Bed.StartAsync();

        ChildResult child = await ChildProcess.RunAsync("sdk-callbacks-throw", bed.Port);

        Assert.True(child.ExitCode == 0, child.Output);
        Assert.Equal((1, 0), (child.Number("retried"), child.Number("unobserved")));
        Assert.True(child.Number("asked") > 2, child.Output);
    }

    [Fact]
    public async Task A_callback_of_a_resolver_that_blocks_does_not_keep_the_socket_of_a_lost_session_open()
    {
        await using Bed bed = await Bed.StartAsync();
        using var resolver = new Resolver();
        var options = new ResilientRabbitOptions { NodeNameResolver = resolver };
        options.Endpoints.Add(bed.Endpoint);
        var settings = ClientSettings.From(options);
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        ConnectionEpoch epoch = await factory.OpenAsync(settings.Endpoints[0], IPAddress.Loopback, "test", new EndpointSelector(settings.Endpoints, TimeProvider.System), CancellationToken.None).WaitAsync(Bed.Patience);
        Task<string?> naming = NodeNaming.FindAsync("test", epoch, settings, NullLogger.Instance, TimeProvider.System);
        await resolver.Waiting.WaitAsync(Bed.Patience);

        epoch.Kill(new ConnectionLoss(ConnectionFailureReason.Silent, "a drill"));

        await Bed.SoonAsync(() => bed.Line.ConnectionCount == 0, "no socket left");
        resolver.Release();
        Assert.Null(await naming.WaitAsync(Bed.Patience));
    }

    private sealed class Resolver : INodeNameResolver, IDisposable
    {
        private readonly ManualResetEventSlim _release = new();
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Waiting => _waiting.Task;

        public async ValueTask<string?> ResolveAsync(NodeNameQuery query, CancellationToken cancellationToken)
        {
            await using CancellationTokenRegistration blocker = cancellationToken.Register(() => _release.Wait(Bed.Patience));
            _waiting.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return null;
        }

        public void Release() => _release.Set();

        public void Dispose() => _release.Dispose();
    }

    private sealed class Provider : IRabbitCredentialsProvider
    {
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsThrowing { get; set; }

        public Task Waiting => _waiting.Task;

        public async ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken)
        {
            if (IsThrowing)
            {
                await using CancellationTokenRegistration thrower = cancellationToken.Register(static () => throw new InvalidOperationException("a drill"));
                _waiting.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            return new RabbitCredentials("guest", "guest");
        }
    }
}

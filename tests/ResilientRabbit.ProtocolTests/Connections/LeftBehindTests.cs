using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Conformance;
using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>What is counted for the whole process: exceptions that nobody has looked at, and memory.</summary>
[Collection(AloneGroup.Name)]
public sealed class LeftBehindTests
{
    private const int Sessions = 50_000;

    [Fact]
    public async Task Disposing_a_client_that_is_connecting_leaves_no_exception_unobserved()
    {
        IEnumerable<Exception?> unobserved = await UnobservedAsync(DisposeWhileConnectingAsync);

        Assert.DoesNotContain(unobserved, static exception => exception is ObjectDisposedException);
    }

    [Fact]
    public async Task What_a_resolver_says_after_the_time_limit_is_no_unobserved_exception()
    {
        IEnumerable<Exception?> unobserved = await UnobservedAsync(LateAnswerAsync);

        Assert.DoesNotContain(unobserved, static exception => exception is SocketException { SocketErrorCode: SocketError.TryAgain });
    }

    [Fact]
    public async Task What_callbacks_throw_when_a_channel_is_lost_is_no_unobserved_exception()
    {
        IEnumerable<Exception?> unobserved = await UnobservedAsync(LoseChannelsAsync);

        Assert.DoesNotContain(unobserved, static exception => exception is AggregateException { InnerException: DrillException } or DrillException);
    }

    [Fact]
    public async Task A_client_holds_on_to_nothing_of_the_sessions_that_are_over()
    {
        await using Bed bed = await Bed.StartAsync();
        var options = new ResilientRabbitOptions();
        options.Endpoints.Add(bed.Endpoint);
        ClientSettings settings = ClientSettings.From(options);
        var selector = new EndpointSelector(settings.Endpoints, TimeProvider.System);
        var factory = new DriverConnectionFactory(settings, NullLogger.Instance, TimeProvider.System);
        var attempts = new ConnectAttempts("consume", "test:consume", settings, selector, factory, NullLogger.Instance, TimeProvider.System);
        using var closing = new CancellationTokenSource();
        ConnectionEpoch epoch = await factory.OpenAsync(settings.Endpoints[0], IPAddress.Loopback, "test:consume", selector, CancellationToken.None).WaitAsync(Bed.Patience);
        await LookForAsync(1000);
        long before = GC.GetTotalMemory(forceFullCollection: true);

        await LookForAsync(Sessions);

        // A linked source with its registration has more than a hundred bytes.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Sessions * 50);
        await epoch.CloseAsync(TimeSpan.FromSeconds(1));

        async Task LookForAsync(int sessions)
        {
            for (int session = 0; session < sessions; session++)
            {
                var search = new SuccessorSearch("consume", epoch, null, attempts, selector, TimeProvider.System, closing.Token);
                search.Start();
                _ = search.Detach();
                await search.Found;
            }
        }
    }

    /// <summary>What the process is told of after the deed was done a few times.</summary>
    private static async Task<IEnumerable<Exception?>> UnobservedAsync(Func<Task> deed)
    {
        var unobserved = new ConcurrentQueue<Exception?>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs args) => unobserved.Enqueue(args.Exception.InnerException);
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            for (int time = 0; time < 5; time++)
            {
                await deed();
            }

            for (int time = 0; time < 3; time++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        return unobserved;
    }

    /// <summary>A handler and a pulled message, each with a callback that throws on the token that ends with its channel.</summary>
    private static async Task LoseChannelsAsync()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await Bed.AllAsync(Bed.Publish(client, 2));
        int thrown = 0;
        PulledMessage pulled = (await client.GetAsync(Bed.Queue).WaitAsync(Bed.Patience))!;
        using CancellationTokenRegistration ofPull = pulled.Lost.Register(Throw);
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ISubscription subscription = await client.SubscribeAsync(Bed.Queue, new LambdaHandler(async (message, token) =>
        {
            if (!message.Redelivered)
            {
                await using CancellationTokenRegistration ofHandler = token.Register(Throw);
                began.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }

            return Settlement.Ack;
        })).WaitAsync(Bed.Patience);
        await began.Task.WaitAsync(Bed.Patience);

        await bed.Broker.CloseAllConnectionsAsync("a drill");

        await Bed.UntilAsync(() => Volatile.Read(ref thrown) == 2 && subscription.Status.Acknowledged == 2, "both callbacks, and both messages again");

        void Throw()
        {
            Interlocked.Increment(ref thrown);
            throw new DrillException();
        }
    }

    private static async Task LateAnswerAsync()
    {
        var answer = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        ClientSettings settings = ClientSettings.From(new ResilientRabbitOptions()) with { Resolve = (_, _) => answer.Task };
        using var deadline = new CancellationTokenSource();
        Task<IPAddress[]> finding = new HostAddresses(settings, TimeProvider.System).FindAsync(new RabbitEndpoint("slow.test", 5672), deadline.Token);

        await deadline.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => finding);
        answer.SetException(new SocketException((int)SocketError.TryAgain));
    }

    private static async Task DisposeWhileConnectingAsync()
    {
        // Nobody listens there.
        var options = new ResilientRabbitOptions { ReconnectDelay = TimeSpan.FromMilliseconds(10) };
        options.Endpoints.Add("127.0.0.1:1");
        var client = new RabbitClient(options);
        Task connecting = client.ConnectAsync();

        await client.DisposeAsync().AsTask().WaitAsync(Bed.Patience);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => connecting.WaitAsync(Bed.Patience));
    }

    private sealed class DrillException : Exception;
}

using System.Diagnostics;
using System.Globalization;

namespace ResilientRabbit.ProtocolTests.Children;

/// <summary>The SDK in a child process.</summary>
internal static class SdkChildren
{
    public const string Queue = "q";

    public const int RetryPrefetch = 200;

    public const int OversizedCount = 3;

    /// <summary>A starvation of 7.8 seconds is longer than a silent broker is given (1.2 of these), and too short for the broker to miss us (two of these).</summary>
    public static readonly TimeSpan StarvedHeartbeat = TimeSpan.FromSeconds(6);

    /// <summary>Publishes one message and gets it back, whatever the peer does on the first connections; both must succeed in the end.</summary>
    public static async Task SurviveAsync(int port)
    {
        await using RabbitClient client = NewClient(port);
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<ISubscription> subscribing = client.SubscribeAsync(Queue, new LambdaHandler(_ =>
        {
            received.TrySetResult();
            return Settlement.Ack;
        }));
        PublishReceipt receipt = await client.Publisher.PublishAsync("", Queue, "hello"u8.ToArray());
        ChildProgram.Tell("attempts", receipt.Attempts);
        await using (ISubscription subscription = await subscribing)
        {
            await received.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }

        ChildProgram.Tell("losses", client.Status.Connections.Sum(static connection => connection.Losses));
    }

    /// <summary>Consumes until a good message came; what is hostile comes before it.</summary>
    public static async Task ConsumeAsync(int port)
    {
        await using RabbitClient client = NewClient(port);
        var good = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ISubscription subscription = await client.SubscribeAsync(Queue, new LambdaHandler(message =>
        {
            ChildProgram.Tell("received", message.Body.Length);
            if (message.Body.Span.SequenceEqual("good"u8))
            {
                good.TrySetResult();
            }

            return Settlement.Ack;
        }));
        Console.WriteLine("READY");
        await good.Task.WaitAsync(TimeSpan.FromSeconds(60));
        ChildProgram.Tell("cpu-ms", (long)Environment.CpuUsage.TotalTime.TotalMilliseconds);
    }

    /// <summary>Consumes with a small limit until the good message came and the large ones before it are held.</summary>
    public static async Task ConsumeOversizedAsync(int port)
    {
        await using RabbitClient client = NewClient(port, static options => options.MaxInboundMessageSize = 1024 * 1024);
        int received = 0;
        await using ISubscription subscription = await client.SubscribeAsync(Queue, new LambdaHandler(_ =>
        {
            Interlocked.Increment(ref received);
            return Settlement.Ack;
        }));
        Console.WriteLine("READY");
        long start = Stopwatch.GetTimestamp();
        while ((subscription.Status.Acknowledged == 0 || subscription.Status.Held < OversizedCount) && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60))
        {
            await Task.Delay(10);
        }

        ChildProgram.Tell("received", received);
        ChildProgram.Tell("held", subscription.Status.Held);
        ChildProgram.Tell("losses", client.Status.Connections.Sum(static connection => connection.Losses));
        ChildProgram.Tell("allocated-mib", GC.GetTotalAllocatedBytes() / (1024 * 1024));
    }

    /// <summary>Pulls until a message came; what is hostile comes before it.</summary>
    public static async Task PullAsync(int port)
    {
        await using RabbitClient client = NewClient(port);
        await client.ConnectAsync();
        Console.WriteLine("READY");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        PulledMessage? pulled = null;
        while (pulled is null)
        {
            pulled = await client.GetAsync(Queue, cancellationToken: patience.Token);
        }

        ChildProgram.Tell("pulled", System.Text.Encoding.UTF8.GetString(pulled.Message.Body.Span));
        await pulled.SettleAsync(Settlement.Ack);
        ChildProgram.Tell("losses", client.Status.Connections.Sum(static connection => connection.Losses));
    }

    /// <summary>Publishes while every thread of the pool is busy for longer than a silent broker is given.</summary>
    public static async Task StarveAsync(int port)
    {
        await using RabbitClient client = NewClient(port, static options => (options.Heartbeat, options.Publisher.ConfirmStallTimeout) = (StarvedHeartbeat, StarvedHeartbeat / 2));

        // The broker may end a connection on which a starved client sends no heartbeat; what counts is whom the client takes for silent.
        int left = 0;
        client.StatusChanged += (_, change) =>
        {
            if (change.Previous.State != ConnectionState.Connected || change.Current.State == ConnectionState.Connected)
            {
                return;
            }

            Console.WriteLine(change.Current);
            if (change.Current.LastFailure == ConnectionFailureReason.Silent)
            {
                Interlocked.Increment(ref left);
            }
        };
        await client.ConnectAsync();
        int attempts = 0;
        long longest = 0;

        // No thread more than these: a pool that grows would be starved for a moment only.
        int threads = Math.Max(4, Environment.ProcessorCount);
        ThreadPool.SetMaxThreads(threads, threads);
        for (int round = 0; round < 2; round++)
        {
            Task<PublishReceipt>[] publishing = [.. Enumerable.Range(0, 50).Select(_ => client.Publisher.PublishAsync("", Queue, "hello"u8.ToArray()).AsTask())];
            long start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, threads * 39).Select(static _ => Task.Run(static () => Thread.Sleep(200))));
            longest = Math.Max(longest, (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            attempts = (await Task.WhenAll(publishing)).Select(static receipt => receipt.Attempts).Append(attempts).Max();
        }

        ChildProgram.Tell("starved-ms", longest);
        ChildProgram.Tell("attempts", attempts);
        ChildProgram.Tell("losses", left);
    }

    /// <summary>Puts every message off, and ends itself by SIGKILL when half of a thousand have been.</summary>
    public static async Task RetryAndDieAsync(int port)
    {
        await using RabbitClient client = NewClient(port);
        ISubscription subscription = await client.SubscribeAsync(
            Queue,
            new LambdaHandler(static _ => Settlement.Retry),
            new ConsumerOptions { Prefetch = RetryPrefetch, Concurrency = 4, RetryDelays = [TimeSpan.FromSeconds(3)] });
        while (subscription.Status.Retried < 500)
        {
            await Task.Yield();
        }

        Process.GetCurrentProcess().Kill();
        await Task.Delay(Timeout.Infinite);
    }

    public static RabbitClient NewClient(int port, Action<ResilientRabbitOptions>? change = null)
    {
        var options = new ResilientRabbitOptions { Heartbeat = TimeSpan.FromSeconds(5), ConnectTimeout = TimeSpan.FromSeconds(2), RequestTimeout = TimeSpan.FromSeconds(2), ReconnectMaxDelay = TimeSpan.FromMilliseconds(200), ShutdownTimeout = TimeSpan.FromSeconds(2) };
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"));
        options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(60);
        change?.Invoke(options);
        return new RabbitClient(options);
    }
}

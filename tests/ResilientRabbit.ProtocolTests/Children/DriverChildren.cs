using System.Net.Sockets;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ResilientRabbit.ProtocolTests.Children;

/// <summary>The bare driver, doing what it does badly.</summary>
internal static class DriverChildren
{
    private const string Queue = SdkChildren.Queue;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Driver issue 1930: the write loop dies while publishers wait, and they wait for ever. The broker stops reading and then resets.</summary>
    public static async Task HangAsync(int port)
    {
        ConnectionFactory factory = Factory(port);
        IConnection connection = await factory.CreateConnectionAsync();
        IChannel channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        byte[] body = new byte[100_000];
        Task[] publishing = [.. Enumerable.Range(0, 600).Select(_ => channel.BasicPublishAsync("", Queue, body).AsTask())];
        ChildProgram.Tell("publishing", publishing.Count(static task => !task.IsCompleted));
        Task all = Task.WhenAll(publishing);
        var shutdown = new TaskCompletionSource();
        connection.ConnectionShutdownAsync += (_, _) =>
        {
            shutdown.TrySetResult();
            return Task.CompletedTask;
        };

        // The test resets the connection at this word.
        Console.WriteLine("READY");
        bool isShutDown = await Task.WhenAny(shutdown.Task, Task.Delay(TimeSpan.FromSeconds(3))) == shutdown.Task;
        bool ended = await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(5))) == all;
        ChildProgram.Tell("shutdown-seen", isShutDown);
        ChildProgram.Tell("publishers-ended", ended);
        ChildProgram.Tell("still-hanging", publishing.Count(static task => !task.IsCompleted));
        Environment.Exit(0);
    }

    /// <summary>Driver issue 1900: cancelled publishes release a semaphore that they never took, and the sequence numbers go wrong.</summary>
    public static async Task CancelStormAsync(int port)
    {
        await using IConnection connection = await Factory(port).CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false));
        int wrong = 0;
        using var patience = new CancellationTokenSource(Patience);
        Task[] publishers = [.. Enumerable.Range(0, 16).Select(number => Task.Run(async () =>
        {
            var random = new Random(number);
            for (int message = 0; message < 3000 && !patience.IsCancellationRequested; message++)
            {
                using var token = new CancellationTokenSource();
                bool cancels = number % 2 == 0;
                if (cancels)
                {
                    token.CancelAfter(TimeSpan.FromMicroseconds(random.Next(300)));
                }

                try
                {
                    await channel.BasicPublishAsync("", Queue, "m"u8.ToArray(), token.Token);
                }
                catch (OperationCanceledException)
                {
                    // Asked for.
                }
                catch (Exception)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        }))];
        await Task.WhenAll(publishers);
        ulong next = await channel.GetNextPublishSequenceNumberAsync();
        ChildProgram.Tell("client-next", next);
        ChildProgram.Tell("wrong", wrong);
        await channel.QueueDeclarePassiveAsync(Queue);
        Environment.Exit(0);
    }

    /// <summary>Driver issue 1993: recovery reports success though a consume got no answer; the consumer is gone.</summary>
    public static async Task LoseConsumerAsync(int port)
    {
        ConnectionFactory factory = Factory(port);
        factory.AutomaticRecoveryEnabled = true;
        factory.TopologyRecoveryEnabled = true;
        factory.NetworkRecoveryInterval = TimeSpan.FromMilliseconds(200);
        factory.ContinuationTimeout = TimeSpan.FromSeconds(1);
        await using IConnection connection = await factory.CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        var recovered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.RecoverySucceededAsync += (_, _) =>
        {
            recovered.TrySetResult();
            return Task.CompletedTask;
        };
        int received = 0;
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, _) =>
        {
            Interlocked.Increment(ref received);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(Queue, autoAck: true, consumer);

        // The test resets the connection at this word, and holds back the next consume-ok.
        Console.WriteLine("READY");
        await recovered.Task.WaitAsync(Patience);
        ChildProgram.Tell("recovery", "succeeded");
        await using IConnection publisher = await Factory(port).CreateConnectionAsync();
        await using IChannel publishing = await publisher.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        await publishing.BasicPublishAsync("", Queue, "m"u8.ToArray());

        // Long enough for anything that was going to come; the broker still holds the message then, which the test asserts.
        await Task.Delay(TimeSpan.FromSeconds(3));
        ChildProgram.Tell("open", connection.IsOpen && channel.IsOpen);
        ChildProgram.Tell("received", received);
        Environment.Exit(0);
    }

    /// <summary>Driver issue 1827: the answer to a request that timed out is given to the next one, or ends the connection.</summary>
    public static async Task LateReplyAsync(int port)
    {
        await using IConnection connection = await Factory(port).CreateConnectionAsync();
        await using IChannel channel = await connection.CreateChannelAsync();

        // From here on only: a process that has just begun may need longer to open a channel.
        channel.ContinuationTimeout = TimeSpan.FromMilliseconds(500);
        string first = await TryAsync(() => channel.QueueDeclarePassiveAsync(Queue));
        ChildProgram.Tell("first", first);

        // This one is answered at once, and still the answer is taken for the first one's.
        string second = await TryAsync(() => ExpectAsync(channel, "other"));
        ChildProgram.Tell("second", second);

        // The test lets the first answer go at this word; the pause lets it arrive.
        Console.WriteLine("READY");
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        ChildProgram.Tell("third", await TryAsync(() => ExpectAsync(channel, "other")));
        ChildProgram.Tell("open", connection.IsOpen);
        Environment.Exit(0);
    }

    /// <summary>Driver issue 1884: a socket that is closed in the shutdown handler while the heartbeat timer ends the connection ends the process.</summary>
    public static async Task HeartbeatCrashAsync(int port)
    {
        for (int number = 0; number < 5; number++)
        {
            ConnectionFactory factory = Factory(port);
            factory.RequestedHeartbeat = TimeSpan.FromSeconds(1);
            Socket? socket = null;
            factory.SocketFactory = family => new TcpClientAdapter(socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp));
            IConnection connection = await factory.CreateConnectionAsync();
            Socket own = socket!;
            connection.ConnectionShutdownAsync += async (_, _) =>
            {
                // The driver's main loop sees the closed socket and ends the channels; the heartbeat timer, which waits here, ends them once more.
                own.Close(0);
                await Task.Delay(TimeSpan.FromMilliseconds(300));
            };
            IChannel channel = await connection.CreateChannelAsync();
            var consumer = new AsyncEventingBasicConsumer(channel);
            await channel.BasicConsumeAsync(Queue, autoAck: true, consumer);
        }

        Console.WriteLine("READY");
        await Task.Delay(TimeSpan.FromSeconds(12));
        ChildProgram.Tell("survived", true);
    }

    /// <summary>Consumes; the broker does something to it. Tells how much processor time two seconds cost after the first delivery began.</summary>
    public static async Task ConsumeAsync(int port)
    {
        IConnection connection = await Factory(port).CreateConnectionAsync();
        IChannel channel = await connection.CreateChannelAsync();
        var consumer = new AsyncEventingBasicConsumer(channel);
        int received = 0;
        consumer.ReceivedAsync += (_, _) =>
        {
            Interlocked.Increment(ref received);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(Queue, autoAck: true, consumer);
        Console.WriteLine("READY");
        await Task.Delay(TimeSpan.FromSeconds(1));
        TimeSpan before = Environment.CpuUsage.TotalTime;
        await Task.Delay(TimeSpan.FromSeconds(3));
        ChildProgram.Tell("cpu-ms-in-3s", (long)(Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
        ChildProgram.Tell("open", connection.IsOpen);
        ChildProgram.Tell("received", received);
        Environment.Exit(0);
    }

    private static async Task ExpectAsync(IChannel channel, string queue)
    {
        QueueDeclareOk answer = await channel.QueueDeclarePassiveAsync(queue);
        if (!string.Equals(answer.QueueName, queue, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"Asked for {queue}, was told of {answer.QueueName}.");
        }
    }

    private static async Task<string> TryAsync(Func<Task> attempt)
    {
        try
        {
            await attempt();
            return "fine";
        }
        catch (Exception exception)
        {
            return exception.GetType().Name;
        }
    }

    private static ConnectionFactory Factory(int port) => new()
    {
        HostName = "127.0.0.1",
        Port = port,
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
    };
}

using System.Globalization;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.ProtocolTests.Raw;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>One test's workplace: a connection and a channel of the bare driver, names of its own, and what tests say again and again.</summary>
public sealed class Bench : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _suffix = Guid.NewGuid().ToString("N")[..10];
    private readonly List<IConnection> _connections = [];

    private Bench(IBrokerUnderTest broker) => Broker = broker;

    public IBrokerUnderTest Broker { get; }

    public IConnection Connection { get; private set; } = null!;

    /// <summary>A channel without confirms.</summary>
    public IChannel Channel { get; private set; } = null!;

    public static async Task<Bench> OpenAsync(IBrokerUnderTest broker)
    {
        var bench = new Bench(broker);
        bench.Connection = await bench.ConnectAsync();
        bench.Channel = await bench.Connection.CreateChannelAsync();
        return bench;
    }

    /// <summary>A name that no other test uses, the same at each call.</summary>
    public string Name(string name) => $"{name}-{_suffix}";

    public async Task<IConnection> ConnectAsync(Action<ConnectionFactory>? configure = null, string? name = null)
    {
        ConnectionFactory factory = Factory();
        configure?.Invoke(factory);
        IConnection connection = await factory.CreateConnectionAsync(name, TestContext.Current.CancellationToken).WaitAsync(Patience);
        lock (_connections)
        {
            _connections.Add(connection);
        }

        return connection;
    }

    public ConnectionFactory Factory() => new()
    {
        HostName = Broker.Address.Host,
        Port = Broker.Address.Port,
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
    };

    public Task<IChannel> NewChannelAsync() => Connection.CreateChannelAsync();

    /// <summary>A channel that confirms without tracking by the driver.</summary>
    public Task<IChannel> NewConfirmChannelAsync() => Connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false));

    public Task<RawClient> OpenRawAsync(bool channel = true, uint frameMax = 131072, ushort heartbeat = 0) => RawClient.OpenAsync(Broker.Address, channel, frameMax, heartbeat);

    /// <summary>A connection on which the broker has said <c>connection.start</c> and nothing was answered.</summary>
    public async Task<RawClient> StartRawAsync()
    {
        RawClient raw = await RawClient.ConnectAsync(Broker.Address);
        await raw.SendAsync(RawClient.ProtocolHeader.ToArray());
        await raw.ExpectAsync("10.10");
        return raw;
    }

    /// <summary>An exclusive queue of the bench's connection, with a name of its own.</summary>
    public async Task<string> QueueAsync(string name = "q", params (string Key, object? Value)[] arguments)
    {
        string queue = Name(name);
        await Channel.QueueDeclareAsync(queue, durable: false, exclusive: true, autoDelete: false, Table(arguments));
        return queue;
    }

    /// <summary>A queue of <see cref="QueueAsync"/> that is bound with these keys.</summary>
    public async Task<string> BoundQueueAsync(string exchange, string name, params string[] keys)
    {
        string queue = await QueueAsync(name);
        foreach (string key in keys)
        {
            await Channel.QueueBindAsync(queue, exchange, key);
        }

        return queue;
    }

    /// <summary>A queue that holds the messages "0", "1", …</summary>
    public async Task<string> FilledQueueAsync(int count)
    {
        string queue = await QueueAsync();
        for (int number = 0; number < count; number++)
        {
            await PublishAsync("", queue, number.ToString(CultureInfo.InvariantCulture));
        }

        await WaitForCountAsync(queue, (uint)count);
        return queue;
    }

    /// <summary>An exchange that goes when its last binding goes or the node ends.</summary>
    public async Task<string> ExchangeAsync(string type, string name = "x", params (string Key, object? Value)[] arguments)
    {
        string exchange = Name(name);
        await Channel.ExchangeDeclareAsync(exchange, type, durable: false, autoDelete: true, Table(arguments));
        return exchange;
    }

    public static Dictionary<string, object?>? Table(params (string Key, object? Value)[] arguments) =>
        arguments.Length == 0 ? null : arguments.ToDictionary(static argument => argument.Key, static argument => argument.Value, StringComparer.Ordinal);

    public async Task PublishAsync(string exchange, string routingKey, string body, Action<BasicProperties>? configure = null)
    {
        var properties = new BasicProperties();
        configure?.Invoke(properties);
        await Channel.BasicPublishAsync(exchange, routingKey, mandatory: false, properties, Encoding.UTF8.GetBytes(body));
    }

    /// <summary>What a passive declare says; it comes after everything that the channel sent before.</summary>
    public async Task<uint> CountAsync(string queue) => (await Channel.QueueDeclarePassiveAsync(queue)).MessageCount;

    /// <summary>Waits until the queue holds so many ready messages.</summary>
    public Task WaitForCountAsync(string queue, uint expected) => UntilAsync(async () => await CountAsync(queue) == expected, $"{expected} messages in {queue}");

    /// <summary>The next message, with automatic acknowledgement; waits for it, because a publish on another channel may be slower.</summary>
    public async Task<BasicGetResult> GetAsync(string queue, bool autoAck = true)
    {
        BasicGetResult? result = null;
        await UntilAsync(async () => (result = await Channel.BasicGetAsync(queue, autoAck)) is not null, $"a message in {queue}");
        return result!;
    }

    /// <summary>The bodies of all ready messages, in order, taken out.</summary>
    public async Task<List<string>> DrainAsync(string queue) => [.. (await TakeAllAsync(queue)).Select(static message => message.Body)];

    /// <summary>Gets so many messages on a channel of its own and leaves them unacked.</summary>
    public async Task<IChannel> GetAllAsync(string queue, int count)
    {
        IChannel channel = await NewChannelAsync();
        for (int number = 0; number < count; number++)
        {
            Assert.NotNull(await channel.BasicGetAsync(queue, autoAck: false));
        }

        return channel;
    }

    /// <summary>All ready messages, in order, taken out.</summary>
    public async Task<List<(string Body, bool Redelivered)>> TakeAllAsync(string queue)
    {
        List<(string Body, bool Redelivered)> all = [];
        while (await Channel.BasicGetAsync(queue, autoAck: true) is { } result)
        {
            all.Add((Text(result), result.Redelivered));
        }

        return all;
    }

    /// <summary>Acks, nacks or rejects.</summary>
    public static Task SettleAsync(IChannel channel, string method, ulong tag, bool multiple, bool requeue = false) => method switch
    {
        "ack" => channel.BasicAckAsync(tag, multiple).AsTask(),
        "nack" => channel.BasicNackAsync(tag, multiple, requeue).AsTask(),
        _ => channel.BasicRejectAsync(tag, requeue).AsTask(),
    };

    public async Task<Recorder> ConsumeAsync(string queue, IChannel? channel = null, bool autoAck = false, params (string Key, object? Value)[] arguments)
    {
        var recorder = new Recorder(channel ?? Channel);
        recorder.Tag = await (channel ?? Channel).BasicConsumeAsync(queue, autoAck, "", noLocal: false, exclusive: false, Table(arguments), recorder);
        return recorder;
    }

    /// <summary>Does something on a channel of its own that the broker refuses by closing that channel.</summary>
    public async Task<Refusal> RefusedAsync(Func<IChannel, Task> attempt, IConnection? connection = null)
    {
        IChannel channel = await (connection ?? Connection).CreateChannelAsync();
        Task<ShutdownEventArgs> closed = Closed(channel);
        try
        {
            await attempt(channel);
        }
        catch (Exception exception) when (exception is OperationInterruptedException or OperationCanceledException)
        {
            // Asynchronous methods do not throw; the closing says it in either case.
        }

        return Refusal.From(await closed.WaitAsync(Patience));
    }

    public static Task<ShutdownEventArgs> Closed(IChannel channel)
    {
        var closed = new TaskCompletionSource<ShutdownEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            closed.TrySetResult(reason);
            return Task.CompletedTask;
        };
        return closed.Task;
    }

    public static Task<ShutdownEventArgs> Closed(IConnection connection)
    {
        var closed = new TaskCompletionSource<ShutdownEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, reason) =>
        {
            closed.TrySetResult(reason);
            return Task.CompletedTask;
        };
        return closed.Task;
    }

    /// <summary>Asks again until it holds; the pause is between questions, nothing relies on its length.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"Never came: {what}.");
            await Task.Delay(10);
        }
    }

    public static string Text(BasicGetResult result) => Encoding.UTF8.GetString(result.Body.Span);

    public async ValueTask DisposeAsync()
    {
        foreach (IConnection connection in _connections)
        {
            try
            {
                await connection.AbortAsync(200, "the test is over", TimeSpan.FromSeconds(5));
                await connection.DisposeAsync();
            }
            catch (ObjectDisposedException)
            {
                // The test was earlier.
            }
        }
    }
}

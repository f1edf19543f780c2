using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>One scenario's broker with its faults and journal, the clients under test, and what they promise.</summary>
public sealed class Bed : IAsyncDisposable
{
    public const string Queue = "q";

    /// <summary>How long a test waits for what must come: nothing is measured with it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<RabbitClient> _clients = [];
    private readonly FrameProxy _proxy;

    private Bed(TestBroker broker)
    {
        Broker = broker;
        _proxy = FrameProxy.Start(broker.Host, broker.Port);
    }

    public TestBroker Broker { get; }

    public FaultSet Faults => _proxy.Faults;

    public FrameJournal Journal => _proxy.Journal!;

    public FrameProxy Line => _proxy;

    public int Port => _proxy.Port;

    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>A broker with the durable queue "q".</summary>
    public static async Task<Bed> StartAsync(Action<TestBrokerOptions>? configure = null)
    {
        var options = new TestBrokerOptions();
        configure?.Invoke(options);
        var bed = new Bed(await TestBroker.StartAsync(options));
        await bed.DeclareAsync(Queue);
        return bed;
    }

    /// <summary>Declares a durable queue past the faults and the journal.</summary>
    public async Task DeclareAsync(string queue, params (string Key, object? Value)[] arguments)
    {
        await using IConnection connection = await ConnectPlainAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments.ToDictionary(static argument => argument.Key, static argument => argument.Value, StringComparer.Ordinal));
    }

    /// <summary>The bare driver's connection, past faults and journal.</summary>
    public Task<IConnection> ConnectPlainAsync() => new ConnectionFactory { HostName = Broker.Host, Port = Broker.Port, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();

    /// <summary>The bare driver, past neither.</summary>
    public ConnectionFactory Driver(Action<ConnectionFactory>? configure = null)
    {
        var factory = new ConnectionFactory { HostName = "127.0.0.1", Port = Port, AutomaticRecoveryEnabled = false };
        configure?.Invoke(factory);
        return factory;
    }

    /// <summary>A client with one connection and one lane, so that a scenario is about one channel; it reconnects at once.</summary>
    public RabbitClient NewClient(Action<ResilientRabbitOptions>? configure = null) => NewClient(TestLog.Create(), configure);

    /// <summary>As <see cref="NewClient(Action{ResilientRabbitOptions}?)"/>, with a log.</summary>
    public RabbitClient NewClient(ILoggerFactory? log, Action<ResilientRabbitOptions>? configure = null)
    {
        var options = new ResilientRabbitOptions
        {
            ReconnectDelay = TimeSpan.FromMilliseconds(10),
            ReconnectMaxDelay = TimeSpan.FromMilliseconds(100),
            ShutdownTimeout = TimeSpan.FromSeconds(2),
        };
        options.Publisher.Connections = 1;
        options.Publisher.Lanes = 1;
        options.Publisher.DeliveryTimeout = Patience;
        configure?.Invoke(options);
        options.Publisher.Lanes = Math.Max(options.Publisher.Lanes, options.Publisher.Connections);
        if (options.Publisher.ConfirmStallTimeout >= options.Publisher.DeliveryTimeout)
        {
            options.Publisher.ConfirmStallTimeout = options.Publisher.DeliveryTimeout * 0.9;
        }

        if (options.Endpoints.Count == 0)
        {
            options.Endpoints.Add(Endpoint);
        }

        var client = new RabbitClient(options, log);
        lock (_clients)
        {
            _clients.Add(client);
        }

        return client;
    }

    /// <summary>Publishes messages with the ids first, first + 1, … and their bodies.</summary>
    public static Task<PublishReceipt>[] Publish(RabbitClient client, int count, int first = 0, string exchange = "", string routingKey = Queue) =>
        [.. Enumerable.Range(first, count).Select(number => PublishAsync(client, Id(number), exchange, routingKey))];

    public static Task<PublishReceipt> PublishAsync(RabbitClient client, string id, string exchange = "", string routingKey = Queue, string? body = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.Publisher.PublishAsync(exchange, routingKey, Encoding.UTF8.GetBytes(body ?? "body of " + id), new MessageProperties { MessageId = id }).AsTask();
    }

    public static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"m{number:D5}");

    /// <summary>All receipts, in time.</summary>
    public static async Task<PublishReceipt[]> AllAsync(IEnumerable<Task<PublishReceipt>> publishing) => await Task.WhenAll(publishing).WaitAsync(Patience);

    public static async Task<PublishException> FailsAsync(Task<PublishReceipt> publishing) =>
        await Assert.ThrowsAsync<PublishException>(() => publishing.WaitAsync(Patience));

    /// <summary>The message-ids in the queue, in order.</summary>
    public IReadOnlyList<string> Stored(string queue = Queue) => [.. Broker.GetMessages(queue).Select(static message => message.MessageId ?? "none")];

    /// <summary>Nothing is called confirmed that was not (P1), each copy beyond the first is marked (P5), and publishes are whole (P18).</summary>
    public void AssertHonest(params PublishReceipt[] receipts)
    {
        Assert.Empty(Journal.FalseConfirms(receipts.Select(static receipt => receipt.MessageId)));
        Assert.All(Journal.Duplicates(), static duplicate => Assert.True(duplicate.IsMarked, $"The copies of {duplicate.MessageId} are not marked."));
        Assert.Empty(Journal.Interleaved());
        Assert.Empty(Broker.Errors);
        string[] stored = [.. Stored()];
        Assert.All(receipts, receipt => Assert.Contains(receipt.MessageId, stored));
    }

    /// <summary>The publishes that went over the wire.</summary>
    public IReadOnlyList<JournalEntry> Published() => [.. Journal.Entries.Where(static entry => entry is { Method: AmqpMethod.BasicPublish, Direction: FrameDirection.FromClient })];

    /// <summary>Waits for entries of the journal; those from before count.</summary>
    public Task<JournalEntry> SeeAsync(AmqpMethod method, int count = 1) => Journal.WaitForAsync(entry => entry.Method == method, Patience, count);

    /// <summary>As <see cref="UntilAsync"/>, but sooner than a heartbeat or the watch over silent consumers would help: both need ten seconds.</summary>
    public static Task SoonAsync(Func<bool> condition, string what) => UntilAsync(condition, what, TimeSpan.FromSeconds(8));

    public static async Task UntilAsync(Func<bool> condition, string what, TimeSpan? bound = null)
    {
        using var patience = new CancellationTokenSource(bound ?? Patience);
        while (!condition())
        {
            Assert.False(patience.IsCancellationRequested, $"Never came: {what}.");
            await Task.Delay(5);
        }
    }

    /// <summary>Subscribes with a handler that is a function.</summary>
    public static Task<ISubscription> SubscribeAsync(RabbitClient client, Func<ReceivedMessage, Settlement> handle, Action<ConsumerOptions>? configure = null, string queue = Queue)
    {
        ArgumentNullException.ThrowIfNull(client);
        var options = new ConsumerOptions { AckDelay = TimeSpan.FromMilliseconds(1) };
        configure?.Invoke(options);
        return client.SubscribeAsync(queue, new LambdaHandler(handle), options).WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        Faults.CancelAll();
        foreach (RabbitClient client in _clients)
        {
            await client.DisposeAsync();
        }

        await _proxy.DisposeAsync();
        await Broker.DisposeAsync();
    }
}

using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace ResilientRabbit.Testing.Tests.Faults;

/// <summary>RabbitMQ.Client with one connection and one channel in confirm mode, which writes down what reaches the application.</summary>
internal sealed class RecordingDriver : IAsyncDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly List<string> _answers = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private readonly TaskCompletionSource<ShutdownEventArgs> _connectionDown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ShutdownEventArgs> _channelDown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RecordingDriver(IConnection connection, IChannel channel)
    {
        Connection = connection;
        Channel = channel;
        connection.ConnectionShutdownAsync += (_, reason) => Done(() => _connectionDown.TrySetResult(reason));
        channel.ChannelShutdownAsync += (_, reason) => Done(() => _channelDown.TrySetResult(reason));
        channel.BasicAcksAsync += (_, ack) => Note($"ack {ack.DeliveryTag}{(ack.Multiple ? " multiple" : "")}");
        channel.BasicNacksAsync += (_, nack) => Note($"nack {nack.DeliveryTag}{(nack.Multiple ? " multiple" : "")}");
        channel.BasicReturnAsync += (_, returned) => Note($"return {returned.RoutingKey}");
        connection.ConnectionBlockedAsync += (_, blocked) => Note($"blocked {blocked.Reason}");
        connection.ConnectionUnblockedAsync += (_, _) => Note("unblocked");
    }

    public IConnection Connection { get; }

    public IChannel Channel { get; }

    public static ConnectionFactory Factory(string host, int port) => new()
    {
        HostName = host,
        Port = port,
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
        RequestedConnectionTimeout = Bound,
    };

    public static Task<RecordingDriver> ConnectAsync(TestBroker broker) => ConnectAsync(broker.Host, broker.Port);

    public static async Task<RecordingDriver> ConnectAsync(string host, int port)
    {
        IConnection connection = await Factory(host, port).CreateConnectionAsync();
        IChannel channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false));
        var driver = new RecordingDriver(connection, channel);
        await channel.QueueDeclareAsync("q", durable: false, exclusive: false, autoDelete: false);
        return driver;
    }

    /// <summary>Publishes messages with the ids 1, 2, 3, … of so far.</summary>
    public async Task PublishAsync(int count, int bodySize = 10)
    {
        for (int index = 0; index < count; index++)
        {
            string id = (await Channel.GetNextPublishSequenceNumberAsync()).ToString(System.Globalization.CultureInfo.InvariantCulture);
            await Channel.BasicPublishAsync("", "q", mandatory: true, new BasicProperties { MessageId = id }, new byte[bodySize]);
        }
    }

    /// <summary>What the application was told, in order, as soon as it is so many.</summary>
    public async Task<string[]> AnswersAsync(int count)
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_answers.Count >= count)
            {
                return [.. _answers];
            }

            _waiters.Add((count, reached));
        }

        await reached.Task.WaitAsync(Bound);
        lock (_gate)
        {
            return [.. _answers];
        }
    }

    public Task<ShutdownEventArgs> ConnectionDownAsync() => _connectionDown.Task.WaitAsync(Bound);

    public Task<ShutdownEventArgs> ChannelDownAsync() => _channelDown.Task.WaitAsync(Bound);

    /// <summary>A round trip: everything that was on its way to the application before has been there.</summary>
    public Task RoundTripAsync() => Channel.QueueDeclarePassiveAsync("q").WaitAsync(Bound);

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await Connection.DisposeAsync();
    }

    private static Task Done(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private Task Note(string answer)
    {
        lock (_gate)
        {
            _answers.Add(answer);
            foreach ((int count, TaskCompletionSource reached) in _waiters)
            {
                if (_answers.Count >= count)
                {
                    reached.TrySetResult();
                }
            }
        }

        return Task.CompletedTask;
    }
}

using System.Text;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>A consumer that keeps what it gets.</summary>
public sealed class Recorder(IChannel channel) : IAsyncBasicConsumer
{
    private readonly Channel<Arrival> _arrivals = System.Threading.Channels.Channel.CreateUnbounded<Arrival>();
    private readonly TaskCompletionSource<string> _canceled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Tag { get; set; } = "";

    public IChannel Channel => channel;

    /// <summary>Completes with the tag when the broker cancels the consumer.</summary>
    public Task<string> Canceled => _canceled.Task;

    public int Waiting => _arrivals.Reader.Count;

    public Task<Arrival> NextAsync() => _arrivals.Reader.ReadAsync().AsTask().WaitAsync(Bench.Patience);

    public async Task<List<string>> NextBodiesAsync(int count)
    {
        List<string> bodies = [];
        while (bodies.Count < count)
        {
            bodies.Add((await NextAsync()).Body);
        }

        return bodies;
    }

    /// <summary>Nothing more was delivered up to now; a round trip on the channel comes after every delivery that the broker had sent before.</summary>
    public async Task AssertNothingMoreAsync(string queue)
    {
        await channel.QueueDeclarePassiveAsync(queue);
        Assert.Equal(0, Waiting);
    }

    public Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        _arrivals.Writer.TryWrite(new Arrival(consumerTag, deliveryTag, redelivered, exchange, routingKey, properties, Encoding.UTF8.GetString(body.Span)));
        return Task.CompletedTask;
    }

    public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        _canceled.TrySetResult(consumerTag);
        return Task.CompletedTask;
    }

    public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason) => Task.CompletedTask;
}

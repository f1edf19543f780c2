using System.Globalization;

namespace ResilientRabbit.Benchmarks.Contenders;

/// <summary>The SDK with one worker, as its defaults are, and the same prefetch.</summary>
internal sealed class ConsumeOurs(ushort prefetch) : IConsumeContender
{
    private RabbitClient? _client;

    public string Text => "ours, one worker";

    public async Task OpenAsync(string host, int port)
    {
        var options = new ResilientRabbitOptions();
        options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"));
        _client = new RabbitClient(options);
        await _client.ConnectAsync();
    }

    public async Task ConsumeAsync(string queue, int count)
    {
        var handler = new CountingHandler(count);

        // Rejecting spares the dead-letter queue, which is none of the matter here.
        var options = new ConsumerOptions { Prefetch = prefetch, DeadLetterBy = DeadLetterMethod.Reject };
        await using ISubscription subscription = await _client!.SubscribeAsync(queue, handler, options);
        await handler.Done;
        await subscription.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }
    }

    private sealed class CountingHandler(int count) : IMessageHandler
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _handled;
        private long _bytes;

        public Task Done => _done.Task;

        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            _bytes += message.Body.Length;
            if (++_handled == count)
            {
                _done.SetResult();
            }

            return new(Settlement.Ack);
        }
    }
}

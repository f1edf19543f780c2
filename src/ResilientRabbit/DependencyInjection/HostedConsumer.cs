namespace ResilientRabbit.DependencyInjection;

/// <summary>One consumer of the host: subscribes in the background, drains at the stop.</summary>
internal sealed class HostedConsumer(string queue, IMessageHandler handler, ConsumerOptions options) : IDisposable
{
    // Cancelled only while the subscription is pending: afterwards it would end without draining.
    private readonly CancellationTokenSource _pending = new();
    private volatile Task<ISubscription?>? _subscribing;

    public Task StartAsync(IRabbitClient client)
    {
        Task<ISubscription?> subscribing = SubscribeAsync(client);
        _subscribing = subscribing;
        return subscribing;
    }

    /// <summary>Ends a subscription that the broker has not confirmed yet, also one that was not begun.</summary>
    public Task CancelPendingAsync() => _subscribing is { IsCompleted: true } ? Task.CompletedTask : _pending.CancelAsync();

    /// <summary>Drains the subscription, also one that is confirmed while it is cancelled.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_subscribing is not { } subscribing)
        {
            return;
        }

        // A failure was reported when it happened.
        await ((Task)subscribing).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (subscribing.IsCompletedSuccessfully && await subscribing.ConfigureAwait(false) is { } subscription)
        {
            await subscription.StopAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _pending.Dispose();

    private async Task<ISubscription?> SubscribeAsync(IRabbitClient client)
    {
        try
        {
            return await client.SubscribeAsync(queue, handler, options, _pending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_pending.IsCancellationRequested)
        {
            return null;
        }
    }
}

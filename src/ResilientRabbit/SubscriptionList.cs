using ResilientRabbit.Consuming;

namespace ResilientRabbit;

/// <summary>The subscriptions of a client that have not stopped.</summary>
internal sealed class SubscriptionList
{
    private readonly Lock _gate = new();
    private readonly List<Subscription> _subscriptions = [];
    private bool _closed;

    public IReadOnlyList<SubscriptionStatus> Statuses
    {
        get
        {
            lock (_gate)
            {
                return [.. _subscriptions.Select(static subscription => subscription.Status)];
            }
        }
    }

    /// <summary>Adds a subscription and starts it; it leaves the list when it has stopped.</summary>
    public async Task<ISubscription> StartAsync(Subscription subscription, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(RabbitClient));
            _subscriptions.Add(subscription);
        }

        try
        {
            await subscription.StartAsync(cancellationToken).ConfigureAwait(false);
            _ = RemoveWhenStoppedAsync(subscription);
            return subscription;
        }
        catch
        {
            Remove(subscription);
            throw;
        }
    }

    /// <summary>The connection has another session than the one that subscriptions live on: each drains, and subscribes again there.</summary>
    public void Move()
    {
        lock (_gate)
        {
            _subscriptions.ForEach(static subscription => subscription.Move());
        }
    }

    /// <summary>Lets running handlers finish until the limit and stops everything.</summary>
    public async Task CloseAsync(TimeSpan limit, TimeProvider time)
    {
        Subscription[] open;
        lock (_gate)
        {
            _closed = true;
            open = [.. _subscriptions];
        }

        using var hurry = new CancellationTokenSource(limit, time);
        await Task.WhenAll(open.Select(subscription => StopAsync(subscription, hurry.Token))).ConfigureAwait(false);
    }

    private static async Task StopAsync(Subscription subscription, CancellationToken hurry)
    {
        try
        {
            await subscription.StopAsync(hurry).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Out of time: what is unfinished is delivered again by the broker.
        }
    }

    private async Task RemoveWhenStoppedAsync(Subscription subscription)
    {
        await subscription.Completion.ConfigureAwait(false);
        Remove(subscription);
    }

    private void Remove(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Remove(subscription);
        }
    }
}

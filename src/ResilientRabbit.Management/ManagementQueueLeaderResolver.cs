namespace ResilientRabbit.Management;

/// <summary>Finds the node that leads the queue behind a destination with the management API: with the default exchange the queue is the routing key; another exchange counts where all its bindings lead
/// to one queue, or where it is a direct exchange and its bindings with this routing key do.</summary>
/// <remarks>Thread-safe. One to three small requests each time. The user needs the tag <c>management</c> and must see the queue.</remarks>
public sealed class ManagementQueueLeaderResolver : IQueueLeaderResolver
{
    private readonly Func<IRabbitManagementClient> _client;

    /// <summary>Initializes the resolver.</summary>
    /// <param name="client">The client of the management API; not disposed by the resolver.</param>
    public ManagementQueueLeaderResolver(IRabbitManagementClient client)
        : this(() => client)
        => ArgumentNullException.ThrowIfNull(client);

    internal ManagementQueueLeaderResolver(Func<IRabbitManagementClient> client) => _client = client;

    /// <inheritdoc/>
    public async ValueTask<string?> ResolveAsync(QueueLeaderQuery destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        IRabbitManagementClient client = _client();
        try
        {
            string? queue = destination.Exchange.Length == 0 ? destination.RoutingKey : await FindQueueAsync(client, destination, cancellationToken).ConfigureAwait(false);
            return IsAddressable(queue) ? (await client.GetQueueAsync(queue!, destination.VirtualHost, cancellationToken).ConfigureAwait(false)).Leader : null;
        }
        catch (ManagementException exception) when (exception.Failure == ManagementFailure.NotFound)
        {
            return null;
        }
    }

    private static async Task<string?> FindQueueAsync(IRabbitManagementClient client, QueueLeaderQuery destination, CancellationToken cancellationToken)
    {
        if (!IsAddressable(destination.Exchange))
        {
            return null;
        }

        IReadOnlyList<BindingInfo> bindings = await client.ListBindingsOfExchangeAsync(destination.Exchange, destination.VirtualHost, cancellationToken).ConfigureAwait(false);
        if (OnlyQueueOf(bindings) is { } only)
        {
            return only;
        }

        BindingInfo[] exact = [.. bindings.Where(binding => string.Equals(binding.RoutingKey, destination.RoutingKey, StringComparison.Ordinal))];
        bool isDirect = exact.Length > 0 && exact.Length < bindings.Count
            && (await client.GetExchangeAsync(destination.Exchange, destination.VirtualHost, cancellationToken).ConfigureAwait(false)).Type is "direct";
        return isDirect ? OnlyQueueOf(exact) : null;
    }

    private static string? OnlyQueueOf(IReadOnlyList<BindingInfo> bindings)
    {
        // Behind another exchange may be anything.
        bool isPlain = bindings.Count > 0 && bindings.All(static binding => binding.DestinationType is "queue");
        return isPlain && bindings.All(binding => string.Equals(binding.Destination, bindings[0].Destination, StringComparison.Ordinal)) ? bindings[0].Destination : null;
    }

    private static bool IsAddressable(string? name) => name is not (null or "" or "." or "..");
}

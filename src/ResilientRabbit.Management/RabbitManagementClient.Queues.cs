using ResilientRabbit.Management.Json;
using static ResilientRabbit.Management.Http.ManagementRequest;

namespace ResilientRabbit.Management;

/// <content>Queues, exchanges and bindings.</content>
public sealed partial class RabbitManagementClient
{
    // Without the statistics of rates, which are most of an answer.
    private const string QueueColumns = "?columns=name,vhost,type,state,durable,auto_delete,exclusive,arguments,policy,operator_policy,effective_policy_definition,node,leader,members,online,"
        + "slave_nodes,synchronised_slave_nodes,consumers,messages,messages_ready,messages_unacknowledged";

    /// <inheritdoc/>
    public Task<IReadOnlyList<QueueInfo>> ListQueuesAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("queues", VirtualHostOf(virtualHost)) + QueueColumns, ManagementJson.Default.IReadOnlyListQueueInfo, cancellationToken);

    /// <inheritdoc/>
    public Task<QueueInfo> GetQueueAsync(string queue, string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("queues", VirtualHostOf(virtualHost), queue) + QueueColumns, ManagementJson.Default.QueueInfo, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteQueueAsync(string queue, bool ifUnused = false, bool ifEmpty = false, string? virtualHost = null, CancellationToken cancellationToken = default)
        => DeleteAsync(PathOf("queues", VirtualHostOf(virtualHost), queue) + ConditionsOf(ifUnused, ifEmpty), cancellationToken);

    /// <inheritdoc/>
    public Task PurgeQueueAsync(string queue, string? virtualHost = null, CancellationToken cancellationToken = default)
        => DeleteAsync(PathOf("queues", VirtualHostOf(virtualHost), queue, "contents"), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ExchangeInfo>> ListExchangesAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("exchanges", VirtualHostOf(virtualHost)), ManagementJson.Default.IReadOnlyListExchangeInfo, cancellationToken);

    /// <inheritdoc/>
    public Task<ExchangeInfo> GetExchangeAsync(string exchange, string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("exchanges", VirtualHostOf(virtualHost), exchange), ManagementJson.Default.ExchangeInfo, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteExchangeAsync(string exchange, bool ifUnused = false, string? virtualHost = null, CancellationToken cancellationToken = default)
        => DeleteAsync(PathOf("exchanges", VirtualHostOf(virtualHost), exchange) + ConditionsOf(ifUnused, ifEmpty: false), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<BindingInfo>> ListBindingsAsync(string? virtualHost = null, CancellationToken cancellationToken = default)
        => GetAsync(PathOf("bindings", VirtualHostOf(virtualHost)), ManagementJson.Default.IReadOnlyListBindingInfo, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<BindingInfo>> ListBindingsOfExchangeAsync(string exchange, string? virtualHost = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(exchange);

        // What the API calls the exchange without a name.
        string name = exchange.Length == 0 ? "amq.default" : exchange;
        return GetAsync(PathOf("exchanges", VirtualHostOf(virtualHost), name, "bindings", "source"), ManagementJson.Default.IReadOnlyListBindingInfo, cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteBindingAsync(BindingInfo binding, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (binding.Source.Length == 0)
        {
            throw new ArgumentException("A binding to the default exchange cannot be deleted.", nameof(binding));
        }

        string kind = string.Equals(binding.DestinationType, "exchange", StringComparison.Ordinal) ? "e" : "q";
        return DeleteAsync(PathOf("bindings", binding.VirtualHost, "e", binding.Source, kind, binding.Destination, binding.PropertiesKey), cancellationToken);
    }
}

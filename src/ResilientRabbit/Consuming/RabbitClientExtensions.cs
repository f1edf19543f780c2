using System.Text.Json.Serialization.Metadata;
using ResilientRabbit.Consuming;

namespace ResilientRabbit;

/// <summary>Shorter ways to consume.</summary>
public static class RabbitClientExtensions
{
    /// <summary>Consumes a queue of JSON messages. See <see cref="JsonMessageHandler{T}"/> for what is accepted and <see cref="IRabbitClient.SubscribeAsync"/> for the subscription.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="client">The client.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="handler">The handler; called concurrently when <see cref="ConsumerOptions.Concurrency"/> is above 1.</param>
    /// <param name="typeInfo">The metadata of the type, from a <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>.</param>
    /// <param name="options">The options; defaults when <see langword="null"/>.</param>
    /// <param name="maxBodySize">The largest body that is read, in bytes; 1 MiB by default.</param>
    /// <param name="cancellationToken">Ends the waiting and the subscription.</param>
    /// <returns>A task that completes at the first <c>consume-ok</c>.</returns>
    /// <exception cref="ArgumentException">The queue's name, an option or the limit is not valid.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public static Task<ISubscription> SubscribeJsonAsync<T>(
        this IRabbitClient client,
        string queue,
        IMessageHandler<T> handler,
        JsonTypeInfo<T> typeInfo,
        ConsumerOptions? options = null,
        int maxBodySize = JsonBody.DefaultMaxSize,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.SubscribeAsync(queue, new JsonMessageHandler<T>(handler, typeInfo, maxBodySize), options, cancellationToken);
    }
}

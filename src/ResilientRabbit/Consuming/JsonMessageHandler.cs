using System.Text.Json.Serialization.Metadata;
using ResilientRabbit.Consuming;

namespace ResilientRabbit;

/// <summary>Reads JSON bodies (RFC 8259) with source-generated metadata and hands the values to a typed handler.</summary>
/// <typeparam name="T">The type.</typeparam>
/// <remarks>
/// The content-type must be absent, <c>application/json</c>, <c>text/json</c> or end in <c>+json</c>, with UTF-8 as its charset if it names one; the content-encoding must be absent,
/// <c>identity</c> or the name of that charset, which Python's and Spring's clients put there. The depth is limited by
/// <see cref="System.Text.Json.JsonSerializerOptions.MaxDepth"/> of the metadata's options, 64 by default. Everything else is a <see cref="MessageFormatException"/>.
/// Thread-safe when the handler is.
/// </remarks>
public sealed class JsonMessageHandler<T> : IMessageHandler
{
    private readonly IMessageHandler<T> _handler;
    private readonly JsonTypeInfo<T> _typeInfo;
    private readonly int _maxBodySize;

    /// <summary>Makes the handler.</summary>
    /// <param name="handler">Handles the values.</param>
    /// <param name="typeInfo">The metadata of the type, from a <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>.</param>
    /// <param name="maxBodySize">The largest body that is read, in bytes; 1 MiB by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not positive.</exception>
    public JsonMessageHandler(IMessageHandler<T> handler, JsonTypeInfo<T> typeInfo, int maxBodySize = JsonBody.DefaultMaxSize)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(typeInfo);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBodySize);
        _handler = handler;
        _typeInfo = typeInfo;
        _maxBodySize = maxBodySize;
    }

    /// <inheritdoc/>
    /// <exception cref="MessageFormatException">The message cannot be read.</exception>
    public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _handler.HandleAsync(JsonBody.Read(message, _typeInfo, _maxBodySize), message, cancellationToken);
    }
}

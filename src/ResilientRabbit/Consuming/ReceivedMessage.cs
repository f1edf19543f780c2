using System.Collections.ObjectModel;
using RabbitMQ.Client;
using ResilientRabbit.Consuming;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit;

/// <summary>A message as it was delivered.</summary>
/// <remarks>Belongs to its handler until the handler returns. Not thread-safe.</remarks>
public sealed class ReceivedMessage
{
    private static readonly IReadOnlyBasicProperties NoProperties = new ReadOnlyBasicProperties([]);

    /// <summary>The properties as they came, up to <see cref="EncodedProperties.Capacity"/>.</summary>
    private readonly EncodedProperties _encoded;
    private readonly byte _encodedLength;
    private IReadOnlyBasicProperties? _source;
    private ReadOnlyMemory<byte> _body;
    private bool _isReleased;
    private Rarities? _rare;

    /// <summary>Makes a message, for tests of handlers.</summary>
    /// <param name="body">The body.</param>
    /// <param name="properties">The properties.</param>
    public ReceivedMessage(ReadOnlyMemory<byte> body, MessageProperties? properties = null)
    {
        _body = body;
        Rare.Properties = properties ?? new MessageProperties();
    }

    internal ReceivedMessage(ReadOnlyMemory<byte> body, IReadOnlyBasicProperties source)
    {
        _body = body;
        _source = source;
    }

    /// <param name="body">The body.</param>
    /// <param name="encoded">The properties as they came; decoded when they are asked for.</param>
    /// <param name="isReadable">Whether they can be decoded.</param>
    internal ReceivedMessage(ReadOnlyMemory<byte> body, ReadOnlySpan<byte> encoded, bool isReadable)
    {
        _body = body;
        IsReadable = isReadable;
        if (encoded.IsEmpty)
        {
            _source = NoProperties;
        }
        else if (encoded.Length <= EncodedProperties.Capacity)
        {
            encoded.CopyTo(_encoded);
            _encodedLength = (byte)encoded.Length;
        }
        else
        {
            Rare.Encoded = encoded.ToArray();
        }
    }

    /// <param name="body">Its part of the body that came.</param>
    /// <param name="shared">What it has in common with the others of its pack.</param>
    /// <param name="packed">Its own id.</param>
    internal ReceivedMessage(ReadOnlyMemory<byte> body, IReadOnlyBasicProperties shared, PackedId packed)
        : this(body, shared)
        => Rare.Packed = packed;

    /// <summary>Gets the body. It lies in pooled memory: copy what is needed after the handler has returned.</summary>
    /// <exception cref="ObjectDisposedException">The handler has returned.</exception>
    public ReadOnlyMemory<byte> Body
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isReleased, this);
            return _body;
        }
    }

    /// <summary>Gets the queue it was consumed from.</summary>
    public string Queue { get; init; } = "";

    /// <summary>Gets the exchange it was published to; empty for the default exchange.</summary>
    public string Exchange { get; init; } = "";

    /// <summary>Gets the routing key it was published with. After a retry it is the name of the queue.</summary>
    public string RoutingKey { get; init; } = "";

    /// <summary>Gets the tag of the consumer that received it.</summary>
    public string ConsumerTag { get; init; } = "";

    /// <summary>Gets a value indicating whether the broker has delivered it before. It does not say that the application saw it.</summary>
    public bool Redelivered { get; init; }

    /// <summary>Gets the message-id; <see langword="null"/> when it has none.</summary>
    public string? MessageId => _rare?.Packed is { } packed ? packed.Text : Source is { } source ? source.MessageId : Rare.Properties!.MessageId;

    /// <summary>Gets the correlation-id; <see langword="null"/> when it has none.</summary>
    public string? CorrelationId => Source is { } source ? source.CorrelationId : Rare.Properties!.CorrelationId;

    /// <summary>Gets the content-type; <see langword="null"/> when it has none.</summary>
    public string? ContentType => Source is { } source ? source.ContentType : Rare.Properties!.ContentType;

    /// <summary>Gets the content-encoding; <see langword="null"/> when it has none.</summary>
    public string? ContentEncoding => Source is { } source ? source.ContentEncoding : Rare.Properties!.ContentEncoding;

    /// <summary>Gets the id of the publishing application; <see langword="null"/> when it has none.</summary>
    public string? AppId => Source is { } source ? source.AppId : Rare.Properties!.AppId;

    /// <summary>Gets the application's type name of the message; <see langword="null"/> when it has none.</summary>
    public string? Type => Source is { } source ? source.Type : Rare.Properties!.Type;

    /// <summary>Gets the address for replies; <see langword="null"/> when it has none.</summary>
    public string? ReplyTo => Source is { } source ? source.ReplyTo : Rare.Properties!.ReplyTo;

    /// <summary>
    /// Gets which attempt to handle it this is, from 1: exact while nothing is lost or requeued. A redelivery after a loss or a <see cref="Settlement.Requeue"/> counts where the broker
    /// counts it, in quorum queues, whether or not a handler had begun: never fewer than were begun. Classic queues do not count redeliveries.
    /// </summary>
    public int Attempt => (int)Math.Min((long)HeaderReader.Attempt(Headers) + DeliveryCount, int.MaxValue);

    /// <summary>Gets how often a quorum queue has delivered it before in vain (<c>x-delivery-count</c>); 0 for other queues.</summary>
    public int DeliveryCount => Redelivered ? HeaderReader.DeliveryCount(Headers) : 0;

    /// <summary>Gets the headers. Strings are byte arrays of UTF-8 as they came: see <see cref="GetHeaderText"/>.</summary>
    public IReadOnlyDictionary<string, object?> Headers => Rare.Headers ??= ReadHeaders();

    /// <summary>Gets a copy of all properties that can be published again.</summary>
    public MessageProperties Properties => Rare.Properties ??= ReceivedProperties.CopyOf(this);

    /// <summary>Gets a header as text, whatever its type on the wire: numbers in the invariant culture, byte arrays as UTF-8.</summary>
    /// <param name="name">The name of the header.</param>
    /// <returns>The text, or <see langword="null"/> when there is no such header, when it is null, a list or a table.</returns>
    public string? GetHeaderText(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Headers.TryGetValue(name, out object? value) ? HeaderReader.Text(value) : null;
    }

    /// <summary>Gets a header as a number, also when it came as text.</summary>
    /// <param name="name">The name of the header.</param>
    /// <returns>The number, or <see langword="null"/> when there is no such header or it is no whole number of 64 bits.</returns>
    public long? GetHeaderNumber(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Headers.TryGetValue(name, out object? value) ? HeaderReader.Number(value) : null;
    }

    /// <summary>Returns ids and sizes, never the content.</summary>
    /// <returns>For example <c>orders: message 4711, attempt 1, 120 bytes</c>.</returns>
    public override string ToString() => $"{Queue}: message {LogId ?? "without id"}, attempt {Attempt}{(Redelivered ? ", redelivered" : "")}, {_body.Length} bytes";

    /// <summary>The message-id for people: strangers choose it, and must not forge lines of the log.</summary>
    internal string? LogId => MessageId is { } id ? PeerText.Sanitize(id) : null;

    /// <summary>What the driver delivered; null for a message made by a test.</summary>
    internal IReadOnlyBasicProperties? Source => _source ??= Decode();

    /// <summary>False when it came with properties that cannot be decoded; it then seems to have none.</summary>
    internal bool IsReadable { get; } = true;

    private Rarities Rare => _rare ??= new Rarities();

    internal void Release() => _isReleased = true;

    private ReadOnlyBasicProperties? Decode()
    {
        ReadOnlySpan<byte> encoded = _encoded;
        return _encodedLength > 0 ? new ReadOnlyBasicProperties(encoded[.._encodedLength]) : _rare?.Encoded is { } large ? new ReadOnlyBasicProperties(large) : null;
    }

    private ReadOnlyDictionary<string, object?> ReadHeaders()
    {
        IDictionary<string, object?>? headers = Source is { } source ? source.Headers : Rare.Properties!.HeadersOrNull;
        return headers is null ? ReadOnlyDictionary<string, object?>.Empty : new ReadOnlyDictionary<string, object?>(headers);
    }

    /// <summary>What most messages do not have, or are not asked for.</summary>
    private sealed class Rarities
    {
        public byte[]? Encoded { get; set; }

        public PackedId? Packed { get; set; }

        public MessageProperties? Properties { get; set; }

        public IReadOnlyDictionary<string, object?>? Headers { get; set; }
    }
}

using System.Buffers.Binary;
using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>
/// A message as it came: properties and body in one array. Properties are decoded when somebody asks for one; a message that only passes
/// through never pays for them.
/// </summary>
internal sealed class StoredMessage : Message
{
    private readonly byte[] _data;
    private readonly int _propertiesLength;
    private ContentProperties? _properties;

    /// <param name="exchange">The exchange.</param>
    /// <param name="routingKey">The routing key.</param>
    /// <param name="data">Properties as they stand on the wire, then the body. Belongs to the message from now on.</param>
    /// <param name="propertiesLength">How many bytes the properties take.</param>
    public StoredMessage(string exchange, string routingKey, byte[] data, int propertiesLength)
        : base(exchange, routingKey)
    {
        _data = data;
        _propertiesLength = propertiesLength;
    }

    public override int BodyLength => _data.Length - _propertiesLength;

    public override string? Expiration => Has(PropertyFlags.Expiration) ? Properties.Expiration : null;

    public override byte? Priority => Has(PropertyFlags.Priority) ? Properties.Priority : null;

    public override bool IsPersistent => Has(PropertyFlags.DeliveryMode) && Properties.DeliveryMode == 2;

    public override IReadOnlyDictionary<string, object?>? Headers => Has(PropertyFlags.Headers) ? Properties.Headers : null;

    /// <summary>The properties as they stand on the wire.</summary>
    public ReadOnlySpan<byte> RawProperties => _data.AsSpan(0, _propertiesLength);

    public ReadOnlySpan<byte> Body => _data.AsSpan(_propertiesLength);

    public ReadOnlyMemory<byte> BodyMemory => _data.AsMemory(_propertiesLength);

    public ContentProperties Properties => _properties ??= ContentProperties.Read(RawProperties);

    /// <summary>Builds a message out of its parts.</summary>
    public static StoredMessage Create(string exchange, string routingKey, ContentProperties properties, ReadOnlySpan<byte> body, IReadOnlyList<string> extraKeys)
    {
        using WireWriter writer = new();
        properties.Write(writer);
        int length = writer.Length;
        writer.Raw(body);
        return new StoredMessage(exchange, routingKey, writer.Written.ToArray(), length) { ExtraKeys = extraKeys, _properties = properties };
    }

    public bool Has(PropertyFlags flag) => ((PropertyFlags)BinaryPrimitives.ReadUInt16BigEndian(_data) & flag) != PropertyFlags.None;

    public override Message DeadLettered(string exchange, string routingKey, IReadOnlyList<string> extraKeys, IReadOnlyDictionary<string, object?> headers) =>
        Create(exchange, routingKey, Properties with { Headers = headers as AmqpTable ?? new AmqpTable(headers), Expiration = null }, Body, extraKeys);

    /// <summary>The properties with one header more, as a quorum queue adds it to what it delivers again.</summary>
    public byte[] PropertiesWith(string header, object value)
    {
        AmqpTable headers = Properties.Headers is { } known ? new AmqpTable(known) : [];
        headers[header] = value;
        return (Properties with { Headers = headers }).ToBytes();
    }
}

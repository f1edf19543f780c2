using RabbitMQ.Client;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>
/// Gathers neighbouring messages of a run that can travel as one: small, of one exchange and routing key, with equal properties and as many copies behind them, so that the mark
/// of a copy is true for each. Used by the writer of one lane only.
/// </summary>
internal sealed class Packer
{
    private const int MaxIdBytes = 16 * 1024;

    private readonly PublisherSettings _settings;
    private readonly int _maxIdBytes;
    private readonly PendingMessage[] _members;
    private readonly byte[] _body;
    private readonly byte[] _ids;
    private readonly byte[] _firstId = new byte[PackIds.MaxIdSize];
    private int _firstIdLength;
    private int _count;
    private int _length;
    private int _idLength;

    /// <param name="settings">The limits.</param>
    /// <param name="frameMax">The largest frame of the connection: properties must fit into one; 0 is no limit.</param>
    public Packer(PublisherSettings settings, uint frameMax)
    {
        _settings = settings;
        _maxIdBytes = frameMax == 0 ? MaxIdBytes : (int)Math.Min(frameMax / 4, MaxIdBytes);
        _members = new PendingMessage[settings.PackMaxMessages];
        _body = new byte[settings.PackMaxBytes];
        _ids = new byte[_maxIdBytes];
    }

    /// <summary>Those gathered; a single one is to be sent as it is.</summary>
    public ReadOnlySpan<PendingMessage> Members => _members.AsSpan(0, _count);

    /// <summary>Takes a message that is being written. False when it does not go with those gathered, or with any.</summary>
    public bool TryAdd(PendingMessage message)
    {
        int size = PackFormat.LengthSize + message.Size;
        if (!MayBePacked(message) || !TryRead(message, out ReadOnlySpan<byte> body) || size > _body.Length - _length || _count == _members.Length || (_count > 0 && !IsLike(_members[0], message)))
        {
            return false;
        }

        Span<byte> id = stackalloc byte[PackIds.MaxIdSize];
        id = id[..message.Wire.WriteMessageId(id)];
        if (_count == 0)
        {
            id.CopyTo(_firstId);
            _firstIdLength = id.Length;
        }

        // The longest entry: nothing shared with the first.
        if (_idLength + id.Length + 2 > _maxIdBytes)
        {
            return false;
        }

        _idLength += PackIds.Write(_ids.AsSpan(_idLength), _count == 0 ? default : _firstId.AsSpan(0, _firstIdLength), id);
        _length += PackFormat.Write(_body.AsSpan(_length), body);
        _members[_count++] = message;
        return true;
    }

    /// <summary>Those gathered as one message.</summary>
    public OutgoingPublish ToOutgoing()
    {
        PendingMessage first = _members[0];
        BasicProperties properties = first.Wire.ToCommon();
        properties.Headers = new Dictionary<string, object?>(5, StringComparer.Ordinal)
        {
            [PublishChannel.PublishIdHeader] = first.PublishId,
            [PackFormat.FormatHeader] = PackFormat.Format,
            [PackFormat.CountHeader] = _count,
            [PackFormat.IdsHeader] = new BinaryTableValue(_ids[.._idLength]),
        };
        if (first.Attempts > 1)
        {
            properties.Headers[PendingMessage.AttemptHeader] = first.Attempts;
        }

        return new OutgoingPublish(first.Exchange, first.RoutingKey, first.Mandatory, default, properties, _body.AsMemory(0, _length));
    }

    public void Clear()
    {
        _members.AsSpan(0, _count).Clear();
        (_count, _length, _idLength) = (0, 0, 0);
    }

    /// <summary>The memory may be the application's own kind, which throws when it was given back too early: alone it is found.</summary>
    private static bool TryRead(PendingMessage message, out ReadOnlySpan<byte> body)
    {
        try
        {
            body = message.Body.Span;
            return true;
        }
        catch (Exception)
        {
            body = default;
            return false;
        }
    }

    private static bool IsLike(PendingMessage first, PendingMessage other)
        => first.Attempts == other.Attempts
            && first.Mandatory == other.Mandatory
            && string.Equals(first.RoutingKey, other.RoutingKey, StringComparison.Ordinal)
            && string.Equals(first.Exchange, other.Exchange, StringComparison.Ordinal)
            && first.Wire.IsLike(other.Wire);

    /// <summary>Headers are not compared: a message that has any goes alone. One with a user id too, which the broker may refuse: it is to be the only one refused.</summary>
    private bool MayBePacked(PendingMessage message) => message.Size <= _settings.PackMaxMessageBytes && message.Wire.HasOnlyOurHeaders(message.Attempts > 1 ? 2 : 1) && message.UserId is null;
}

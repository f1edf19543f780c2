using System.Runtime.CompilerServices;
using System.Text;
using RabbitMQ.Client;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>
/// The properties that a pending message is sent with. A first copy with nothing but an id, a delivery mode and our header is sent from the
/// fields; the driver's object and its dictionary are made when something else is needed, and kept for the next life.
/// </summary>
internal struct WireProperties
{
    private BasicProperties? _full;
    private object? _boxedId;
    private bool _isMade;
    private string? _messageId;
    private MessageIds _ids;

    /// <summary>The message-id that every copy carries; made at the first call when it was not given.</summary>
    public string MessageId => _messageId ??= _ids.For(PublishId);

    public bool IsPersistent { get; private set; }

    /// <summary>The correlation of a return; unique in the client.</summary>
    public long PublishId { get; private set; }

    /// <summary>True while the fields are all there is to send.</summary>
    public readonly bool IsPlain => !_isMade;

    /// <summary>The properties as the driver's object, with the publish id among the headers.</summary>
    public BasicProperties Full => _isMade ? _full! : Make();

    /// <summary>The properties while there are no others.</summary>
    public readonly PlainProperties Plain => new(PublishId, _messageId, _ids, IsPersistent);

    public Dictionary<string, object?> Headers => (Dictionary<string, object?>)Full.Headers!;

    /// <summary>Whether there are no headers but ours, of which there are so many.</summary>
    public readonly bool HasOnlyOurHeaders(int ours) => !_isMade || _full!.Headers!.Count == ours;

    /// <summary>Whether all is equal but the ids and the headers.</summary>
    public readonly bool IsLike(in WireProperties other)
        => IsPersistent == other.IsPersistent && _isMade == other._isMade && (!_isMade || PropertiesCopier.AreLike(_full!, other._full!));

    /// <summary>A new object with all but the ids and the headers.</summary>
    public readonly BasicProperties ToCommon() => _isMade
        ? new BasicProperties(_full!) { MessageId = null, Headers = null }
        : new BasicProperties { DeliveryMode = IsPersistent ? DeliveryModes.Persistent : DeliveryModes.Transient };

    /// <summary>Writes the message-id.</summary>
    /// <returns>The number of bytes, at most 255.</returns>
    public readonly int WriteMessageId(Span<byte> target) => _messageId is { } id ? Encoding.UTF8.GetBytes(id, target) : _ids.Write(target, PublishId);

    /// <summary>Starts the next life.</summary>
    public void Begin(string? messageId, MessageIds ids, bool isPersistent, long publishId)
    {
        _messageId = messageId;
        _ids = ids;
        IsPersistent = isPersistent;
        PublishId = publishId;
        _isMade = false;
    }

    /// <summary>The proof that the message was confirmed.</summary>
    public readonly PublishReceipt Receipt(int attempts, int nacks)
        => _messageId is { } id ? new PublishReceipt(id, attempts, nacks) : new PublishReceipt(_ids, PublishId, attempts, nacks);

    /// <summary>Lets go of what was the caller's.</summary>
    public readonly void End()
    {
        if (_isMade && _full!.Headers!.Count > 1)
        {
            _full.Headers.Clear();
        }
    }

    private BasicProperties Make()
    {
        _full ??= new BasicProperties { Headers = new Dictionary<string, object?>(2, StringComparer.Ordinal) };
        _boxedId ??= 0L;
        Unsafe.Unbox<long>(_boxedId) = PublishId;
        _full.Headers![PublishChannel.PublishIdHeader] = _boxedId;
        _full.MessageId = MessageId;
        _full.DeliveryMode = IsPersistent ? DeliveryModes.Persistent : DeliveryModes.Transient;
        _full.CorrelationId = null;
        _full.ContentType = null;
        _full.ContentEncoding = null;
        _full.ReplyTo = null;
        _full.Type = null;
        _full.AppId = null;
        _full.UserId = null;
        _full.Expiration = null;
        _full.ClearTimestamp();
        _full.ClearPriority();
        _isMade = true;
        return _full;
    }
}

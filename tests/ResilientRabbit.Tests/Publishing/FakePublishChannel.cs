using RabbitMQ.Client;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A channel that writes down what it gets and answers when the test says so.</summary>
internal sealed class FakePublishChannel(FakePublishSession session, IConfirmSink sink) : IPublishChannel
{
    private readonly Lock _gate = new();
    private readonly List<WrittenMessage> _writes = [];
    private readonly List<WrittenMessage> _run = [];

    public IPublishSession Session => session;

    public bool IsRetired { get; private set; }

    public IReadOnlyList<WrittenMessage> Writes
    {
        get
        {
            lock (_gate)
            {
                return [.. _writes];
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _writes.Count;
            }
        }
    }

    public uint FrameMax => 131_072;

    public bool HasRoom => session.HasRoom;

    public void Add(in OutgoingPublish outgoing)
    {
        BasicProperties properties = outgoing.Properties is { } full ? new BasicProperties(full) : FromPlain(outgoing.Plain);
        var message = new WrittenMessage(
            (ulong)(Count + _run.Count + 1),
            outgoing.Exchange,
            outgoing.RoutingKey,
            outgoing.Mandatory,
            properties,
            new Dictionary<string, object?>(properties.Headers!),
            outgoing.Body.ToArray());
        if (session.Fail?.Invoke(message) is { } failure)
        {
            throw failure;
        }

        _run.Add(message);
    }

    public bool Send()
    {
        WrittenMessage[] run = [.. _run];
        _run.Clear();
        if (session.Refuse?.Invoke(this) == true)
        {
            return false;
        }

        lock (_gate)
        {
            _writes.AddRange(run);
        }

        foreach (WrittenMessage message in run)
        {
            session.Wrote(this, message);
        }

        return true;
    }

    public void Retire()
    {
        IsRetired = true;
        session.Watch.Changed();
    }

    public void Ack(ulong tag, bool multiple = false)
    {
        sink.OnAck(tag, multiple);
        sink.OnBurstEnd();
    }

    /// <summary>Acks that were received together.</summary>
    public void AckEach(params ulong[] tags)
    {
        foreach (ulong tag in tags)
        {
            sink.OnAck(tag, false);
        }
    }

    public void EndBurst() => sink.OnBurstEnd();

    public void Nack(ulong tag, bool multiple = false) => sink.OnNack(tag, multiple);

    /// <summary>Returns the message of this tag, and acknowledges it, as the broker does.</summary>
    public void ReturnAndAck(ulong tag)
    {
        Return(tag);
        Ack(tag);
    }

    public void Return(ulong tag) => sink.OnReturn(Writes[(int)tag - 1].PublishId, 312, "NO_ROUTE");

    /// <summary>The transport takes more again.</summary>
    public void MakeRoom() => sink.OnRoom();

    /// <summary>The broker closes the channel; nothing more can be written.</summary>
    public void Close(int replyCode, string replyText) => sink.OnClosed(replyCode, replyText);

    private static BasicProperties FromPlain(in PlainProperties plain) => new()
    {
        MessageId = plain.MessageId ?? plain.Ids!.For(plain.PublishId),
        Persistent = plain.IsPersistent,
        Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [PublishChannel.PublishIdHeader] = plain.PublishId },
    };
}

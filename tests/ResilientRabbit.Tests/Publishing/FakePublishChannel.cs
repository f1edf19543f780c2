using RabbitMQ.Client;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A channel that writes down what it gets and answers when the test says so.</summary>
internal sealed class FakePublishChannel(FakePublishSession session, IConfirmSink sink) : IPublishChannel
{
    private readonly Lock _gate = new();
    private readonly List<WrittenMessage> _writes = [];

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

    public ValueTask WriteAsync(string exchange, string routingKey, bool mandatory, BasicProperties properties, ReadOnlyMemory<byte> body)
    {
        WrittenMessage message;
        lock (_gate)
        {
            message = new WrittenMessage((ulong)_writes.Count + 1, exchange, routingKey, mandatory, new BasicProperties(properties), new Dictionary<string, object?>(properties.Headers!), body.ToArray());
            if (session.Fail?.Invoke(message) is { } failure)
            {
                return new ValueTask(failure);
            }

            _writes.Add(message);
        }

        session.Wrote(this, message);
        return session.Accept?.Invoke(message) is { } pending ? new ValueTask(pending) : default;
    }

    public void Retire()
    {
        IsRetired = true;
        session.Watch.Changed();
    }

    public void Ack(ulong tag, bool multiple = false) => sink.OnAck(tag, multiple);

    public void Nack(ulong tag, bool multiple = false) => sink.OnNack(tag, multiple);

    /// <summary>Returns the message of this tag, and acknowledges it, as the broker does.</summary>
    public void ReturnAndAck(ulong tag)
    {
        Return(tag);
        Ack(tag);
    }

    public void Return(ulong tag) => sink.OnReturn(Writes[(int)tag - 1].PublishId, 312, "NO_ROUTE");

    /// <summary>The broker closes the channel; nothing more can be written.</summary>
    public void Close(int replyCode, string replyText) => sink.OnClosed(replyCode, replyText);
}

namespace ResilientRabbit.Tests.Consuming;

/// <summary>Writes down what is published and answers as the test says.</summary>
internal sealed class FakePublisher : IPublisher
{
    public List<OutboundMessage> Published { get; } = [];

    public Func<OutboundMessage, Exception?> Fail { get; set; } = static _ => null;

    public ValueTask<PublishReceipt> PublishAsync(
        string exchange, string routingKey, ReadOnlyMemory<byte> body, MessageProperties? properties = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<PublishReceipt> PublishAsync(OutboundMessage message, CancellationToken cancellationToken = default)
    {
        if (Fail(message) is { } exception)
        {
            return ValueTask.FromException<PublishReceipt>(exception);
        }

        Published.Add(message);
        return new ValueTask<PublishReceipt>(new PublishReceipt("4711", 1));
    }

    public ValueTask<PublishBatchResult> PublishBatchAsync(IReadOnlyList<OutboundMessage> messages, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<PublishCounts> FlushAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}

namespace ResilientRabbit.ProtocolTests.Children;

/// <summary>A handler that is a function.</summary>
public sealed class LambdaHandler : IMessageHandler
{
    private readonly Func<ReceivedMessage, CancellationToken, ValueTask<Settlement>> _handle;

    public LambdaHandler(Func<ReceivedMessage, Settlement> handle) => _handle = (message, _) => new ValueTask<Settlement>(handle(message));

    public LambdaHandler(Func<ReceivedMessage, CancellationToken, ValueTask<Settlement>> handle) => _handle = handle;

    public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => _handle(message, cancellationToken);
}

namespace ResilientRabbit.ClusterTests.Harness;

public sealed class DelegateHandler(Func<ReceivedMessage, CancellationToken, ValueTask<Settlement>> handle) : IMessageHandler
{
    public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken) => handle(message, cancellationToken);
}

namespace ResilientRabbit.ProtocolTests.Children;

/// <summary>A child whose code registers callbacks that throw on every token it is given, and is late each first time.</summary>
internal sealed class ThrowingChild : IMessageHandler, IRabbitCredentialsProvider, INodeNameResolver
{
    private int _asked;

    /// <summary>Connects at the second attempt and handles a message in the second run: in between a time limit has ended what was late.</summary>
    public static async Task RunAsync(int port)
    {
        var child = new ThrowingChild();
        await using RabbitClient client = SdkChildren.NewClient(port, options => (options.CredentialsProvider, options.NodeNameResolver, options.RequestTimeout) = (child, child, TimeSpan.FromSeconds(1)));
        await using ISubscription subscription = await client.SubscribeAsync(
            SdkChildren.Queue, child, new ConsumerOptions { HandlerTimeout = TimeSpan.FromSeconds(1), RetryDelays = [TimeSpan.FromMilliseconds(100)] });
        await client.Publisher.PublishAsync("", SdkChildren.Queue, "hello"u8.ToArray());
        while (subscription.Status.Acknowledged < 2)
        {
            await Task.Delay(10);
        }

        ChildProgram.Tell("asked", child._asked);
        ChildProgram.Tell("retried", subscription.Status.Retried);
    }

    public async ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _asked) == 1)
        {
            await BeLateAsync(cancellationToken);
        }

        return new RabbitCredentials("guest", "guest");
    }

    public async ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        if (message.Attempt == 1)
        {
            await BeLateAsync(cancellationToken);
        }

        return Settlement.Ack;
    }

    public async ValueTask<string?> ResolveAsync(NodeNameQuery query, CancellationToken cancellationToken)
    {
        await BeLateAsync(cancellationToken);
        return null;
    }

    private static async Task BeLateAsync(CancellationToken cancellationToken)
    {
        await using CancellationTokenRegistration thrower = cancellationToken.Register(static () => throw new InvalidOperationException("a drill"));
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }
}

using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Consuming;

/// <summary>The end of subscriptions that are in the middle of something.</summary>
public sealed class StopTests
{
    [Fact]
    public async Task What_a_handler_finishes_when_the_stop_cancels_it_is_acknowledged()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new LambdaHandler(async (_, token) =>
        {
            began.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return Settlement.Ack;
        });
        var options = new ConsumerOptions { StopTimeout = TimeSpan.FromMilliseconds(50), AckDelay = TimeSpan.FromMinutes(1) };
        ISubscription subscription = await client.SubscribeAsync(Bed.Queue, handler, options).WaitAsync(Bed.Patience);
        await Bed.AllAsync(Bed.Publish(client, 1));
        await began.Task.WaitAsync(Bed.Patience);

        await subscription.StopAsync().WaitAsync(Bed.Patience);

        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue) is { Consumers: 0, Unacked: 0 }, "the end of the consumer");
        Assert.Empty(bed.Stored());
        Assert.Equal((1L, 0L), (subscription.Status.Acknowledged, subscription.Status.StaleAcks));
    }

    [Fact]
    public async Task A_subscription_that_is_not_confirmed_yet_is_told_that_its_client_was_disposed()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        Task<ISubscription> subscribing = client.SubscribeAsync("nowhere", new LambdaHandler(static _ => Settlement.Ack));
        await Bed.UntilAsync(() => client.Status.Subscriptions is [{ LastError: not null }], "the first refusal");

        await client.DisposeAsync().AsTask().WaitAsync(Bed.Patience);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => subscribing.WaitAsync(Bed.Patience));
    }
}

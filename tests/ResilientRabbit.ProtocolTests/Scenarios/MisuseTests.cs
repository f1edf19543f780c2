using ResilientRabbit.ProtocolTests.Children;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Calls from places and at times where nobody should call: each ends, and each message has its outcome.</summary>
public sealed class MisuseTests
{
    [Fact]
    public async Task A_message_published_where_another_ones_confirm_is_heard_is_confirmed()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();

        PublishReceipt[] receipts = await Bed.AllAsync(Enumerable.Range(0, 50).Select(number => ChainAsync(client, number)));

        Assert.Equal(150, bed.Stored().Count);
        bed.AssertHonest(receipts);
    }

    [Fact]
    public async Task A_thousand_threads_that_publish_and_wait_all_get_their_confirm()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        var receipts = new PublishReceipt[1_000];
        using var begin = new ManualResetEventSlim();
        Thread[] threads = [.. Enumerable.Range(0, receipts.Length).Select(number => new Thread(() =>
        {
            begin.Wait();

            // Blocking, as code that cannot await does.
            receipts[number] = Bed.PublishAsync(client, Bed.Id(number)).GetAwaiter().GetResult();
        }, 128 * 1024))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        begin.Set();

        Assert.All(threads, static thread => Assert.True(thread.Join(Bed.Patience)));
        Assert.Equal(receipts.Length, bed.Stored().Count);
        bed.AssertHonest(receipts);
    }

    [Fact]
    public async Task A_handler_that_publishes_with_its_own_client_and_waits_stops_nobody()
    {
        await using Bed bed = await Bed.StartAsync();
        await bed.DeclareAsync("next");
        RabbitClient client = bed.NewClient();
        await Bed.AllAsync(Bed.Publish(client, 200));

        await using ISubscription subscription = await Bed.SubscribeAsync(
            client,
            message =>
            {
                Bed.PublishAsync(client, message.MessageId!, routingKey: "next").GetAwaiter().GetResult();
                return Settlement.Ack;
            },
            static options => options.Prefetch = 10);

        await Bed.UntilAsync(() => bed.Stored("next").Count == 200 && bed.Broker.Queue(Bed.Queue)!.Unacked == 0, "all messages in the next queue");
        Assert.Empty(bed.Stored());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handler_that_ends_its_own_client_or_subscription_does_not_hang(bool client)
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient own = bed.NewClient(static options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var subscribed = new TaskCompletionSource<ISubscription>(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new LambdaHandler(async (_, _) =>
        {
            ISubscription subscription = await subscribed.Task;
            Task end = client ? own.DisposeAsync().AsTask() : subscription.StopAsync(CancellationToken.None);
            ended.TrySetResult();
            await end;
            return Settlement.Ack;
        });
        subscribed.SetResult(await own.SubscribeAsync(Bed.Queue, handler, new ConsumerOptions { StopTimeout = TimeSpan.FromSeconds(1) }));

        RabbitClient other = bed.NewClient();
        await Bed.AllAsync(Bed.Publish(other, 1));
        await ended.Task.WaitAsync(Bed.Patience);
        await own.DisposeAsync().AsTask().WaitAsync(Bed.Patience);

        // Not acknowledged, or handled to its end: never lost.
        await Bed.UntilAsync(() => bed.Broker.Queue(Bed.Queue)!.Consumers == 0, "the end of the consumer");
        Assert.True(bed.Stored().Count <= 1);
        Assert.Empty(bed.Broker.Errors);
    }

    [Fact]
    public async Task What_is_published_while_the_client_is_being_closed_has_an_outcome_and_later_calls_are_misuse()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await Bed.AllAsync(Bed.Publish(client, 1));
        Task<Exception?>[] publishing = [.. Enumerable.Range(1, 500).Select(number => Record.ExceptionAsync(() => Bed.PublishAsync(client, Bed.Id(number))).AsTask())];

        await client.DisposeAsync().AsTask().WaitAsync(Bed.Patience);

        Exception?[] outcomes = await Task.WhenAll(publishing).WaitAsync(Bed.Patience);
        Assert.All(outcomes, static outcome => Assert.True(outcome is null or PublishException or ObjectDisposedException, outcome?.ToString()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Bed.PublishAsync(client, "late"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.SubscribeAsync(Bed.Queue, new LambdaHandler(static _ => Settlement.Ack)));
        Assert.Equal(outcomes.Count(static outcome => outcome is null) + 1, bed.Stored().Count);
    }

    [Fact]
    public async Task A_name_without_an_address_is_no_bad_configuration_but_a_connection_that_fails()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options =>
        {
            options.Endpoints.Add("no-such-host.invalid");
            options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(2);
        });

        PublishException failure = await Bed.FailsAsync(Bed.PublishAsync(client, "m"));

        Assert.Equal((PublishFailure.NotSent, false), (failure.Failure, failure.MayBeStored));
        Assert.Equal(ConnectionFailureReason.NameNotResolved, Assert.IsType<ConnectionException>(failure.InnerException).Reason);
    }

    private static async Task<PublishReceipt> ChainAsync(RabbitClient client, int number)
    {
        await Bed.PublishAsync(client, Bed.Id(number)).ConfigureAwait(false);

        // On the thread that was told of the confirm.
        await Bed.PublishAsync(client, Bed.Id(1_000 + number)).ConfigureAwait(false);
        return Bed.PublishAsync(client, Bed.Id(2_000 + number)).GetAwaiter().GetResult();
    }
}

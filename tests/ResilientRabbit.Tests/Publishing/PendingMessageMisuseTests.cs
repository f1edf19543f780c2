using System.Threading.Tasks.Sources;
using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A caller who uses the value task against its rules gets an error, and hurts no other message.</summary>
public sealed class PendingMessageMisuseTests
{
    private readonly MessageFactory _factory = new();

    [Fact]
    public async Task Taking_the_result_twice_is_an_error()
    {
        PendingMessage message = _factory.CreateInFlight();
        (IValueTaskSource<PublishReceipt> source, short token) = SourceOf(message);
        await EndAsync(message);

        Assert.Throws<InvalidOperationException>(() => source.GetResult(token));
    }

    [Fact]
    public async Task Taking_the_result_twice_does_not_touch_the_next_message_in_the_object()
    {
        PendingMessage message = _factory.CreateInFlight();
        (IValueTaskSource<PublishReceipt> source, short token) = SourceOf(message);
        await EndAsync(message);
        PendingMessage next = _factory.CreateInFlight();
        Assert.Same(message, next);
        Task<PublishReceipt> result = next.AsValueTask().AsTask();

        Assert.Throws<InvalidOperationException>(() => source.GetResult(token));
        next.TrySettle(next.Version, SettleKind.Confirmed);
        next.ReleaseReference();

        Assert.NotSame(next, _factory.Create());
        PublishReceipt receipt = next.ToReceipt();
        next.Complete(null);
        Assert.Equal(receipt, await result.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task Taking_the_result_before_it_is_there_is_an_error_and_loses_nothing()
    {
        PendingMessage message = _factory.CreateInFlight();
        (IValueTaskSource<PublishReceipt> source, short token) = SourceOf(message);

        // What PublishAsync(...).GetAwaiter().GetResult() does.
        Assert.Throws<InvalidOperationException>(() => source.GetResult(token));

        Assert.Equal(ValueTaskSourceStatus.Pending, source.GetStatus(token));
        message.TrySettle(message.Version, SettleKind.Confirmed);
        message.ReleaseReference();
        Assert.NotSame(message, _factory.Create());
        var done = new TaskCompletionSource();
        source.OnCompleted(static state => ((TaskCompletionSource)state!).SetResult(), done, token, ValueTaskSourceOnCompletedFlags.None);
        PublishReceipt receipt = message.ToReceipt();
        message.Complete(null);
        await done.Task.WaitAsync(Watch.Limit);
        Assert.Equal(receipt, await new ValueTask<PublishReceipt>(source, token));
    }

    private static (IValueTaskSource<PublishReceipt> Source, short Token) SourceOf(PendingMessage message)
    {
        // The token counts how often the result was taken: the first life has zero.
        IValueTaskSource<PublishReceipt> source = message;
        Assert.Equal(ValueTaskSourceStatus.Pending, source.GetStatus(0));
        return (source, 0);
    }

    private static async Task EndAsync(PendingMessage message)
    {
        Task<PublishReceipt> result = message.AsValueTask().AsTask();
        message.TrySettle(message.Version, SettleKind.Confirmed);
        message.Complete(null);
        await result.WaitAsync(Watch.Limit);
        message.ReleaseReference();
    }
}

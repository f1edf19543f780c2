using System.Reflection;
using System.Runtime.CompilerServices;
using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>What most messages never need is kept apart from them, and stays with the pooled object.</summary>
public sealed class PendingMessageReuseTests
{
    private readonly MessageFactory _factory = new();

    [Fact]
    public async Task The_next_life_of_a_message_that_failed_is_confirmed_as_any_other()
    {
        PendingMessage message = _factory.CreateInFlight();
        Task<PublishReceipt> failed = message.AsValueTask().AsTask();
        message.TrySettle(message.Version, SettleKind.Expired);
        message.Complete(new InvalidOperationException("expired"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => failed.WaitAsync(Watch.Limit));
        message.ReleaseReference();

        PendingMessage reused = _factory.CreateInFlight();
        Assert.Same(message, reused);
        Task<PublishReceipt> confirmed = reused.AsValueTask().AsTask();
        reused.TrySettle(reused.Version, SettleKind.Confirmed);
        PublishReceipt receipt = reused.ToReceipt();
        reused.Complete(null);

        Assert.Equal(receipt, await confirmed.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task The_next_life_of_a_message_with_a_token_of_its_own_knows_nothing_of_it()
    {
        using var source = new CancellationTokenSource();
        PendingMessage message = _factory.Create(cancellationToken: source.Token);
        Task<PublishReceipt> first = message.AsValueTask().AsTask();
        message.TrySettle(message.Version, SettleKind.Confirmed);
        message.Complete(null);
        await first.WaitAsync(Watch.Limit);
        message.ReleaseReference();
        PendingMessage reused = _factory.CreateInFlight();
        Assert.Same(message, reused);

        await source.CancelAsync();

        Assert.False(reused.IsSettled);
        Assert.Equal(default, reused.CancelledBy);
    }

    [Fact]
    public async Task A_nack_that_comes_after_the_outcome_is_not_in_the_receipt()
    {
        PendingMessage message = _factory.CreateInFlight();
        Task<PublishReceipt> result = message.AsValueTask().AsTask();
        message.TrySettle(message.Version, SettleKind.Confirmed);
        Assert.True(message.SetOutcome(null));

        // The broker's answer to an earlier copy, between the outcome and the telling.
        message.Nacks++;
        message.Answered++;
        message.TellCaller();

        Assert.Equal(0, (await result.WaitAsync(Watch.Limit)).Nacks);
    }

    [Fact]
    public void Nothing_rare_is_left_for_the_next_life()
    {
        var state = new RareMessageState();
        PropertyInfo[] all = typeof(RareMessageState).GetProperties();
        foreach (PropertyInfo property in all)
        {
            property.SetValue(state, SomethingOf(property.PropertyType));
            Assert.NotEqual(DefaultOf(property.PropertyType), property.GetValue(state));
        }

        state.Clear();

        Assert.NotEmpty(all);
        Assert.All(all, property => Assert.Equal(DefaultOf(property.PropertyType), property.GetValue(state)));
    }

    [Fact]
    public void A_message_takes_few_cache_lines()
    {
        // Every thread that a message passes pays for them. 264 when this was written, 416 before.
        const int Most = 272;
        var pool = new MessagePool(1);
        _ = new PendingMessage(pool);
        long before = GC.GetAllocatedBytesForCurrentThread();

        PendingMessage message = new(pool);

        long size = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(message);
        Assert.True(size <= Most, $"{size} bytes");
    }

    private static object? DefaultOf(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;

    private static object SomethingOf(Type type)
        => type == typeof(int) ? 7
            : type == typeof(long) ? 7L
            : type == typeof(CancellationToken) ? new CancellationToken(canceled: true)
            : type == typeof(CancellationTokenRegistration) ? new CancellationTokenSource().Token.Register(static () => { })
            : type == typeof((int, string)) ? (312, "NO_ROUTE")
            : RuntimeHelpers.GetUninitializedObject(type);
}

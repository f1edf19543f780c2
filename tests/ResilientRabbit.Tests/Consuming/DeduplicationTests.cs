using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class DeduplicationTests
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(10);
    private static readonly ReceivedMessage Message = new(default, new MessageProperties { MessageId = "4711", AppId = "shop" });

    [Fact]
    public async Task A_copy_of_an_acknowledged_message_is_not_handled()
    {
        DuplicateFilter filter = NewFilter();
        Assert.True(await EnterAsync(filter));
        await filter.LeaveAsync("key", Message, isAcknowledged: true);

        Assert.False(await EnterAsync(filter));
    }

    [Fact]
    public async Task A_retried_message_passes_again()
    {
        DuplicateFilter filter = NewFilter();
        Assert.True(await EnterAsync(filter));
        await filter.LeaveAsync("key", Message, isAcknowledged: false);

        Assert.True(await EnterAsync(filter));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_concurrent_copy_waits_for_the_result_of_the_first(bool isAcknowledged)
    {
        DuplicateFilter filter = NewFilter();
        Assert.True(await EnterAsync(filter));
        Task<bool> second = EnterAsync(filter);
        Assert.False(second.IsCompleted);

        await filter.LeaveAsync("key", Message, isAcknowledged);

        Assert.Equal(!isAcknowledged, await second.WaitAsync(TestTimeout));
    }

    [Fact]
    public async Task A_waiting_copy_gives_up_with_its_channel_and_leaves_the_first_alone()
    {
        DuplicateFilter filter = NewFilter();
        Assert.True(await EnterAsync(filter));
        using var gone = new CancellationTokenSource();
        Task<bool> second = filter.TryEnterAsync("key", Message, gone.Token).AsTask();

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(TestTimeout));

        Task<bool> third = EnterAsync(filter);
        Assert.False(third.IsCompleted);
        await filter.LeaveAsync("key", Message, isAcknowledged: true);
        Assert.False(await third.WaitAsync(TestTimeout));
    }

    [Fact]
    public async Task A_store_that_fails_costs_no_message()
    {
        DuplicateFilter filter = NewFilter(new DeduplicationOptions { Store = new BrokenStore() });

        Assert.True(await EnterAsync(filter));
        await filter.LeaveAsync("key", Message, isAcknowledged: true);
        Assert.True(await EnterAsync(filter));
    }

    [Fact]
    public void Messages_of_different_publishers_are_different()
    {
        DuplicateFilter filter = NewFilter();

        string? shop = filter.KeyOf(Message);
        string? other = filter.KeyOf(new ReceivedMessage(default, new MessageProperties { MessageId = "4711", AppId = "bank" }));
        string? shifted = filter.KeyOf(new ReceivedMessage(default, new MessageProperties { MessageId = "p4711", AppId = "sho" }));

        Assert.Equal(3, new[] { shop, other, shifted }.Distinct(StringComparer.Ordinal).Count());
        Assert.Null(filter.KeyOf(new ReceivedMessage(default)));
        Assert.Equal("mine", NewFilter(new DeduplicationOptions { Key = static _ => "mine" }).KeyOf(Message));
        Assert.Null(NewFilter(new DeduplicationOptions { Key = static _ => throw new InvalidOperationException() }).KeyOf(Message));
    }

    [Fact]
    public async Task The_store_in_memory_forgets_the_oldest_and_the_old()
    {
        var time = new SettableTime();
        var store = new MemoryDeduplicationStore(2, TimeSpan.FromMinutes(1), time);
        await AddAsync(store, "a", "b", "b", "c");
        Assert.Equal("b,c", await KnownAsync(store));

        time.Now += TimeSpan.FromSeconds(59);
        Assert.Equal("b,c", await KnownAsync(store));
        time.Now += TimeSpan.FromSeconds(1);

        Assert.Equal("", await KnownAsync(store));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public async Task What_is_handled_again_because_it_was_too_old_is_remembered_again()
    {
        var time = new SettableTime();
        var store = new MemoryDeduplicationStore(2, TimeSpan.FromMinutes(1), time);
        await AddAsync(store, "a", "b");
        time.Now += TimeSpan.FromMinutes(1);

        await AddAsync(store, "a");

        Assert.Equal("a", await KnownAsync(store));
    }

    private static DuplicateFilter NewFilter(DeduplicationOptions? options = null) => new(options ?? new DeduplicationOptions(), NullLogger.Instance, TimeProvider.System);

    private static Task<bool> EnterAsync(DuplicateFilter filter) => filter.TryEnterAsync("key", Message, CancellationToken.None).AsTask();

    private static async Task AddAsync(MemoryDeduplicationStore store, params string[] keys)
    {
        foreach (string key in keys)
        {
            await store.AddAsync(key, CancellationToken.None);
        }
    }

    private static async Task<string> KnownAsync(MemoryDeduplicationStore store)
    {
        var known = new List<string>();
        foreach (string key in (string[])["a", "b", "c"])
        {
            if (await store.ContainsAsync(key, CancellationToken.None))
            {
                known.Add(key);
            }
        }

        return string.Join(',', known);
    }

    private sealed class BrokenStore : IDeduplicationStore
    {
        public ValueTask<bool> ContainsAsync(string key, CancellationToken cancellationToken) => throw new IOException("down");

        public ValueTask AddAsync(string key, CancellationToken cancellationToken) => throw new IOException("down");
    }

    private sealed class SettableTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}

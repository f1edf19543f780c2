using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

public sealed class CompletionQueueTests
{
    private readonly MessageFactory _factory = new();

    private CompletionQueue Queue => _factory.Pool.Completions;

    [Fact]
    public async Task Each_caller_of_a_chain_is_told_once()
    {
        Task<PublishReceipt>[] callers = AddChain(5_000);

        await Task.WhenAll(callers).WaitAsync(Watch.Limit);

        Assert.True(Queue.IsEmpty);
    }

    [Fact]
    public async Task A_caller_that_blocks_until_a_later_one_is_told_does_not_hang()
    {
        // As an application does that mixes blocking and awaiting.
        using var release = new ManualResetEventSlim();
        PendingMessage first = NewSettled();
        PendingMessage second = NewSettled();
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task blocking = BlockAsync(first.AsValueTask(), blocked, release);
        Task other = ReleaseAsync(second.AsValueTask(), release);
        Add(first, second);
        await blocked.Task.WaitAsync(Watch.Limit);

        Task all = Task.WhenAll(blocking, other);
        while (!all.IsCompleted)
        {
            // The publisher's clock.
            Queue.Tick();
            await Task.WhenAny(all, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        await all.WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task After_all_workers_were_stuck_new_messages_are_told_without_waiting_for_them()
    {
        using var release = new ManualResetEventSlim();
        List<Task> stuck = [];
        for (int round = 0; round < Environment.ProcessorCount + 2; round++)
        {
            var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            PendingMessage message = NewSettled();
            stuck.Add(BlockAsync(message.AsValueTask(), blocked, release));
            Add(message);
            Queue.Tick();
            Queue.Tick();
            await blocked.Task.WaitAsync(Watch.Limit);
        }

        Task<PublishReceipt>[] callers = AddChain(1_000);
        Queue.Tick();
        Queue.Tick();
        await Task.WhenAll(callers).WaitAsync(Watch.Limit);

        release.Set();
        await Task.WhenAll(stuck).WaitAsync(Watch.Limit);
        await Task.WhenAll(AddChain(1_000)).WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task Ticks_that_run_together_send_no_crowd_of_workers()
    {
        for (int round = 0; round < 50; round++)
        {
            Task<PublishReceipt>[] callers = AddChain(1);
            for (int tick = 0; tick < 100; tick++)
            {
                // As after a pause in which the clock's ticks, and those who tell, all waited for a thread.
                Queue.Tick();
            }

            await Task.WhenAll(callers).WaitAsync(Watch.Limit);
        }

        // Enough threads that a crowd would show at once.
        ThreadPool.GetMinThreads(out int threads, out int ports);
        ThreadPool.SetMinThreads(Math.Max(threads, Environment.ProcessorCount * 5), ports);
        using var release = new ManualResetEventSlim();
        int blocked = 0;
        List<Task> all = [];
        for (int number = 0; number < Environment.ProcessorCount * 4; number++)
        {
            PendingMessage message = NewSettled();
            all.Add(CountAsync(message.AsValueTask()));
            Add(message);
        }

        await Task.WhenAny(Task.WhenAll(all), Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken));
        int most = Volatile.Read(ref blocked);
        release.Set();
        await Task.WhenAll(all).WaitAsync(Watch.Limit);
        ThreadPool.SetMinThreads(threads, ports);

        // One more than there are workers: one that was given up as stuck may come back.
        Assert.InRange(most, 1, Environment.ProcessorCount + 1);

        async Task CountAsync(ValueTask<PublishReceipt> task)
        {
            await task.ConfigureAwait(false);
            Interlocked.Increment(ref blocked);
            release.Wait(Watch.Limit);
        }
    }

    [Fact]
    public async Task Messages_added_from_many_threads_are_all_told()
    {
        Task<Task<PublishReceipt>[]>[] adders = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 200).SelectMany(_ => AddChain(Random.Shared.Next(1, 20))).ToArray()))];

        foreach (Task<PublishReceipt>[] callers in await Task.WhenAll(adders).WaitAsync(Watch.Limit))
        {
            await Task.WhenAll(callers).WaitAsync(Watch.Limit);
        }
    }

    private static async Task BlockAsync(ValueTask<PublishReceipt> task, TaskCompletionSource blocked, ManualResetEventSlim release)
    {
        await task.ConfigureAwait(false);
        blocked.SetResult();
        Assert.True(release.Wait(Watch.Limit));
    }

    private static async Task ReleaseAsync(ValueTask<PublishReceipt> task, ManualResetEventSlim release)
    {
        await task.ConfigureAwait(false);
        release.Set();
    }

    private PendingMessage NewSettled()
    {
        PendingMessage message;
        lock (_factory)
        {
            message = _factory.CreateInFlight();
        }

        message.TrySettle(message.Version, SettleKind.Confirmed);
        return message;
    }

    private void Add(params PendingMessage[] messages)
    {
        var chain = default(MessageList);
        foreach (PendingMessage message in messages)
        {
            Assert.True(message.SetOutcome(null));
            chain.Add(message);
        }

        Queue.Add(ref chain);
    }

    private Task<PublishReceipt>[] AddChain(int count)
    {
        PendingMessage[] messages = [.. Enumerable.Range(0, count).Select(_ => NewSettled())];
        Task<PublishReceipt>[] callers = [.. messages.Select(static message => message.AsValueTask().AsTask())];
        Add(messages);
        return callers;
    }
}

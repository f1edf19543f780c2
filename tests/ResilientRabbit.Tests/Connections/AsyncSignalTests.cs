using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class AsyncSignalTests
{
    private readonly AsyncSignal _signal = new();

    [Fact]
    public async Task A_set_before_the_wait_is_remembered()
    {
        _signal.Set();

        ValueTask wait = _signal.WaitAsync();

        Assert.True(wait.IsCompletedSuccessfully);
        await wait;
    }

    [Fact]
    public async Task A_set_while_waiting_ends_the_wait()
    {
        Task wait = _signal.WaitAsync().AsTask();
        Assert.False(wait.IsCompleted);

        _signal.Set();

        await wait.WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task Several_sets_are_one()
    {
        _signal.Set();
        _signal.Set();
        _signal.Set();
        await _signal.WaitAsync();

        Task second = _signal.WaitAsync().AsTask();

        Assert.False(second.IsCompleted);
        _signal.Set();
        await second.WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task A_set_after_a_wait_has_ended_counts_for_the_next()
    {
        Task first = _signal.WaitAsync().AsTask();
        _signal.Set();
        _signal.Set();
        await first.WaitAsync(Watch.Limit);

        Assert.True(_signal.WaitAsync().AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task No_set_is_lost_between_two_threads()
    {
        const int Rounds = 50_000;
        var answer = new AsyncSignal();
        int seen = 0;
        int sent = 0;

        // Ping and pong: a lost signal leaves both waiting, which the limit reports.
        Task waiter = Task.Run(async () =>
        {
            while (seen < Rounds)
            {
                await _signal.WaitAsync();
                seen = Volatile.Read(ref sent);
                answer.Set();
            }
        });
        Task setter = Task.Run(async () =>
        {
            for (int round = 1; round <= Rounds; round++)
            {
                Volatile.Write(ref sent, round);
                _signal.Set();
                await answer.WaitAsync();
            }
        });

        await Task.WhenAll(waiter, setter).WaitAsync(Watch.Limit);
        Assert.Equal(Rounds, seen);
    }

    [Fact]
    public async Task The_last_set_of_a_storm_is_seen()
    {
        const int Last = 200_000;
        int value = 0;
        Task storm = Task.Run(() =>
        {
            for (int next = 1; next <= Last; next++)
            {
                Volatile.Write(ref value, next);
                _signal.Set();
            }
        });

        Task waiter = Task.Run(async () =>
        {
            while (Volatile.Read(ref value) < Last)
            {
                await _signal.WaitAsync();
            }
        });

        await Task.WhenAll(storm, waiter).WaitAsync(Watch.Limit);
    }
}

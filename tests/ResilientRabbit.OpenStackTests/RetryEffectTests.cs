using System.Globalization;
using ResilientRabbit.OpenStackTests.Harness;
using Xunit;

namespace ResilientRabbit.OpenStackTests;

/// <summary>What the retry keys do to the attempts that a listener sees.</summary>
public sealed class RetryEffectTests
{
    private const string OneConnection = "rpc_conn_pool_size = 1\nconn_pool_min_size = 1\n";

    [Fact, EffectOf("[oslo_messaging_rabbit] rabbit_retry_interval", "[oslo_messaging_rabbit] rabbit_retry_backoff", "[oslo_messaging_rabbit] rabbit_interval_max")]
    public async Task The_pause_grows_by_the_back_off_and_stays_at_the_maximum()
    {
        using var listener = new ClosingListener(1);
        await using var client = new OsloClient(Text(listener, "rabbit_retry_interval = 1\nrabbit_retry_backoff = 1\nrabbit_interval_max = 2\n"));
        using var stop = new CancellationTokenSource();
        Task connecting = client.Client.ConnectAsync(stop.Token);

        IReadOnlyList<(int Index, TimeSpan Time)> attempts = await listener.WaitForAsync(4);

        // The pauses are 1, 2 and 2 seconds; a timer may fire a little early, never much.
        TimeSpan[] pauses = [.. attempts.Zip(attempts.Skip(1), static (before, after) => after.Time - before.Time).Take(3)];
        Assert.All(pauses.Zip([1, 2, 2]), static pause => Assert.InRange(pause.First.TotalSeconds, pause.Second - 0.05, (pause.Second * 1.1) + 20));
        Assert.True(pauses[0] < pauses[1], $"{pauses[0]} is not below {pauses[1]}");
        await StopAsync(stop, connecting);
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] rabbit_retry_interval")]
    public async Task There_is_one_pause_for_each_round_of_the_hosts()
    {
        using var listener = new ClosingListener(3);
        await using var client = new OsloClient(Text(listener, "rabbit_retry_interval = 3\nrabbit_retry_backoff = 0\n"));
        using var stop = new CancellationTokenSource();
        Task connecting = client.Client.ConnectAsync(stop.Token);

        IReadOnlyList<(int Index, TimeSpan Time)> attempts = await listener.WaitForAsync(4);

        Assert.Equal(3, attempts.Take(3).Select(static attempt => attempt.Index).Distinct().Count());
        Assert.InRange((attempts[3].Time - attempts[2].Time).TotalSeconds, 2.95, 60);
        Assert.InRange(attempts[2].Time.TotalSeconds, 0, 2.9);
        await StopAsync(stop, connecting);
    }

    [Fact, EffectOf("[oslo_messaging_rabbit] kombu_failover_strategy")]
    public async Task Round_robin_goes_through_the_hosts_in_their_order_and_shuffle_does_not()
    {
        Assert.True(await IsCyclicAsync("round-robin"));

        // A shuffled round is cyclic by chance once in 120 times; three of three, once in more than a million.
        bool[] shuffled = [await IsCyclicAsync("shuffle"), await IsCyclicAsync("shuffle"), await IsCyclicAsync("shuffle")];
        Assert.Contains(false, shuffled);
    }

    private static async Task<bool> IsCyclicAsync(string strategy)
    {
        using var listener = new ClosingListener(6);
        await using var client = new OsloClient(Text(listener, $"rabbit_retry_interval = 5\nkombu_failover_strategy = {strategy}\n"));
        using var stop = new CancellationTokenSource();
        Task connecting = client.Client.ConnectAsync(stop.Token);
        int[] order = [.. (await listener.WaitForAsync(6)).Take(6).Select(static attempt => attempt.Index)];
        await StopAsync(stop, connecting);
        return order.Zip(order.Skip(1)).All(static pair => pair.Second == (pair.First + 1) % 6);
    }

    private static string Text(ClosingListener listener, string keys)
    {
        string hosts = string.Join(',', listener.Ports.Select(static port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")));
        return $"[DEFAULT]\ntransport_url = rabbit://{hosts}//\n[oslo_messaging_rabbit]\n{OneConnection}{keys}";
    }

    private static async Task StopAsync(CancellationTokenSource stop, Task connecting)
    {
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }
}

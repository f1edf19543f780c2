using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class TransportGuardTests
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private readonly ManualTimeProvider _time = new();
    private readonly List<TimeSpan> _silences = [];

    [Theory]
    [InlineData(1_000, 1_500)]
    [InlineData(2_000, 2_500)]
    [InlineData(10_000, 12_000)]
    [InlineData(60_000, 72_000)]
    public void A_peer_may_be_silent_for_little_more_than_one_heartbeat(int heartbeat, int limit)
        => Assert.Equal(TimeSpan.FromMilliseconds(limit), TransportGuard.IdleLimit(TimeSpan.FromMilliseconds(heartbeat)));

    [Fact]
    public async Task A_silent_peer_is_reported_once_at_the_limit()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        using var guard = new TransportGuard(pair.Client, Heartbeat, _time, _silences.Add);
        Task<int> read = pair.Client.Stream!.ReadAsync(new byte[10]).AsTask();

        _time.Advance(TimeSpan.FromSeconds(11.9));
        Assert.Empty(_silences);
        _time.Advance(TimeSpan.FromSeconds(30));

        TimeSpan silence = Assert.Single(_silences);
        Assert.InRange(silence, TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(12.5));
        Assert.False(read.IsCompleted);
    }

    [Fact]
    public async Task Any_byte_begins_the_count_anew()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        using var guard = new TransportGuard(pair.Client, Heartbeat, _time, _silences.Add);
        Task<int> read = pair.Client.Stream!.ReadAsync(new byte[10]).AsTask();
        _time.Advance(TimeSpan.FromSeconds(11));

        Task<int> next = await ReceiveAsync(pair, read);
        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.Empty(_silences);
        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task Silence_is_not_the_peers_while_nobody_reads()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        using var guard = new TransportGuard(pair.Client, Heartbeat, _time, _silences.Add);

        _time.Advance(TimeSpan.FromSeconds(60));

        Assert.Empty(_silences);
    }

    [Fact]
    public async Task A_guard_that_wakes_late_does_not_judge_at_once()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        using var guard = new TransportGuard(pair.Client, Heartbeat, _time, _silences.Add);
        Task<int> read = pair.Client.Stream!.ReadAsync(new byte[10]).AsTask();

        _time.Freeze(TimeSpan.FromSeconds(60));

        Assert.Empty(_silences);
        _time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Empty(_silences);
        _time.Advance(TimeSpan.FromSeconds(0.6));
        Assert.Single(_silences);
        Assert.False(read.IsCompleted);
    }

    [Fact]
    public async Task A_reader_that_waited_for_a_thread_as_the_guard_did_gets_its_turn()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        using var guard = new TransportGuard(pair.Client, Heartbeat, _time, _silences.Add);
        Task<int> read = pair.Client.Stream!.ReadAsync(new byte[10]).AsTask();

        // The late tick, and the one that follows it: the reader has still not run.
        _time.Freeze(TimeSpan.FromSeconds(60));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Task<int> next = await ReceiveAsync(pair, read);
        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.Empty(_silences);
        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task A_disposed_guard_is_quiet()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        var guard = new TransportGuard(pair.Client, Heartbeat, _time, _silences.Add);
        Task<int> read = pair.Client.Stream!.ReadAsync(new byte[10]).AsTask();

        guard.Dispose();
        _time.Advance(TimeSpan.FromSeconds(60));

        Assert.Empty(_silences);
        Assert.False(read.IsCompleted);
    }

    /// <summary>A byte comes, and the next read is pending.</summary>
    private static async Task<Task<int>> ReceiveAsync(TcpPair pair, Task<int> read)
    {
        await pair.Peer.SendAsync(new byte[1]);
        await read.WaitAsync(Watch.Limit);
        return pair.Client.Stream!.ReadAsync(new byte[10]).AsTask();
    }
}

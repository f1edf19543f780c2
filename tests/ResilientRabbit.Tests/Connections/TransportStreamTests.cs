using System.Net.Sockets;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class TransportStreamTests
{
    private const int AboveHighWater = 1024 * 1024;
    private const int MoreThanTheKernelTakes = 64 * 1024 * 1024;

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Many_small_writes_arrive_whole_and_in_order()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        byte[] sent = RandomBytes(300_000);
        Task<byte[]> received = ReceiveAsync(pair.Peer, sent.Length);

        var random = new Random(1);
        for (int start = 0; start < sent.Length;)
        {
            int count = Math.Min(random.Next(1, 200), sent.Length - start);
            await pair.Stream.WriteAsync(sent.AsMemory(start, count));
            await pair.Stream.FlushAsync();
            start += count;
        }

        Assert.Equal(sent, await received.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task The_writers_buffer_may_be_reused_when_the_write_has_completed()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        Task<byte[]> received = ReceiveAsync(pair.Peer, 5_000);
        byte[] buffer = new byte[10];

        for (int round = 0; round < 500; round++)
        {
            Array.Fill(buffer, (byte)round);
            await pair.Stream.WriteAsync(buffer);
        }

        byte[] bytes = await received.WaitAsync(Watch.Limit);
        Assert.Equal(Enumerable.Range(0, 5_000).Select(static index => (byte)(index / 10)), bytes);
    }

    [Fact]
    public async Task Large_writes_to_a_slow_reader_wait_and_lose_nothing()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        byte[] sent = RandomBytes(AboveHighWater * 12);
        Task writing = Task.Run(async () =>
        {
            for (int start = 0; start < sent.Length; start += 100_000)
            {
                await pair.Stream.WriteAsync(sent.AsMemory(start, Math.Min(100_000, sent.Length - start)));
            }
        });

        byte[] received = await ReceiveAsync(pair.Peer, sent.Length, atMost: 30_000).WaitAsync(Watch.Limit);

        await writing.WaitAsync(Watch.Limit);
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task Writes_above_the_high_water_mark_wait_for_the_reader()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);

        (Task sending, Task waiting) = Fill(pair);

        Assert.False(waiting.IsCompleted);
        await ReceiveAsync(pair.Peer, MoreThanTheKernelTakes + AboveHighWater).WaitAsync(Watch.Limit);
        await sending.WaitAsync(Watch.Limit);
        await waiting.WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task Reads_give_what_the_peer_sent_in_pieces_of_any_size()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        byte[] sent = RandomBytes(200_000);
        Task<int> sending = pair.Peer.SendAsync(sent, SocketFlags.None);

        var received = new MemoryStream();
        var random = new Random(2);
        while (received.Length < sent.Length)
        {
            byte[] piece = new byte[random.Next(1, 9_000)];
            received.Write(piece, 0, await pair.Stream.ReadAsync(piece).AsTask().WaitAsync(Watch.Limit));
        }

        Assert.Equal(sent, received.ToArray());
        await sending;
    }

    [Fact]
    public async Task The_end_of_the_peer_is_the_end_of_the_stream()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);

        pair.Peer.Shutdown(SocketShutdown.Both);

        Assert.Equal(0, await pair.Stream.ReadAsync(new byte[10]).AsTask().WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task Abort_ends_a_pending_read()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        Task<int> read = pair.Stream.ReadAsync(new byte[10]).AsTask();

        pair.Stream.Abort();

        await Assert.ThrowsAsync<IOException>(() => read.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task Abort_ends_pending_writes()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        (_, Task waiting) = Fill(pair);

        pair.Stream.Abort();

        await Assert.ThrowsAsync<IOException>(() => waiting.WaitAsync(Watch.Limit));
        await pair.Stream.Ended.WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task Abort_resets_the_connection_for_the_peer()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);

        pair.Stream.Abort();
        pair.Stream.Abort();

        SocketException error = await Assert.ThrowsAsync<SocketException>(() => pair.Peer.ReceiveAsync(new byte[10]).WaitAsync(Watch.Limit));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task Writes_after_abort_fail_as_input_and_output()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        pair.Stream.Abort();

        await Assert.ThrowsAsync<IOException>(() => pair.Stream.WriteAsync(new byte[10]).AsTask());
    }

    [Fact]
    public async Task Reads_after_abort_fail_as_input_and_output()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        pair.Stream.Abort();

        await Assert.ThrowsAsync<IOException>(() => pair.Stream.ReadAsync(new byte[10]).AsTask().WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task The_sending_loop_ends_when_the_stream_is_disposed()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);

        await pair.Stream.DisposeAsync();

        await pair.Stream.Ended.WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task Flushing_does_nothing_and_completes_at_once()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);

        Assert.True(pair.Stream.FlushAsync(CancellationToken.None).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_driver_that_gets_nothing_but_deliveries_to_see_gets_heartbeats()
    {
        // The broker sends none while it sends anything else, and the driver ends a connection without frames.
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        var sink = new CountingSink();
        pair.Stream.Incoming.Divert(1, sink);
        byte[] delivery = [.. FrameBytes.Frame(1, 1, [0, 60, 0, 60, 0, .. new byte[9], 0, 0]), .. FrameBytes.Frame(2, 1, [0, 60, 0, 0, .. new byte[10]])];
        byte[] buffer = new byte[100];
        Task<int> reading = pair.Stream.ReadAsync(buffer).AsTask();

        pair.Peer.Send(delivery);
        await sink.UntilAsync(1);

        // Back at the socket: the time moves between the two deliveries and not within the first.
        Assert.True(SpinWait.SpinUntil(() => pair.Stream.IsReadPending, Watch.Limit));
        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        pair.Peer.Send(delivery);

        Assert.Equal(FrameBytes.Heartbeat.Length, await reading.WaitAsync(Watch.Limit));
        Assert.Equal(FrameBytes.Heartbeat, buffer[..FrameBytes.Heartbeat.Length]);
        await sink.UntilAsync(2);
    }

    /// <summary>Begins one write that the kernel cannot take without a reader, and one that leaves the next buffer above the mark.</summary>
    private static (Task Sending, Task Waiting) Fill(TcpPair pair)
    {
        Task sending = pair.Stream.WriteAsync(new byte[MoreThanTheKernelTakes]).AsTask();
        Task waiting = pair.Stream.WriteAsync(new byte[AboveHighWater]).AsTask();
        return (sending, waiting);
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int count, int atMost = 64 * 1024)
    {
        byte[] bytes = new byte[count];
        int received = 0;
        while (received < count)
        {
            int read = await socket.ReceiveAsync(bytes.AsMemory(received, Math.Min(atMost, count - received)));
            Assert.NotEqual(0, read);
            received += read;
        }

        return bytes;
    }

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private sealed class CountingSink : IDeliverySink
    {
        private readonly SemaphoreSlim _count = new(0);

        public void OnDelivery(in IncomingDelivery delivery) => _count.Release();

        public void OnDeliveriesEnd()
        {
        }

        public async Task UntilAsync(int number) => Assert.True(await _count.WaitAsync(Watch.Limit), $"delivery {number}");
    }
}

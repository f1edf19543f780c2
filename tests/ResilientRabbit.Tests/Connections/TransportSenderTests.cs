using System.Net.Sockets;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>Several writers on one connection: the driver through the stream, lanes past it.</summary>
public sealed class TransportSenderTests
{
    private const int AboveHighWater = 1024 * 1024;
    private const int MoreThanTheKernelTakes = 64 * 1024 * 1024;

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Two_writers_that_wait_above_the_high_water_mark_both_go_on()
    {
        // With an event for a single waiter the second took the first one's place, which then waited for ever: so the driver's first
        // heartbeat, 200 ms after connecting, hung the writer that waited at that moment.
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        _ = pair.Stream.WriteAsync(Body(MoreThanTheKernelTakes)).AsTask();
        Task[] waiting = [.. Enumerable.Range(0, 4).Select(_ => pair.Stream.WriteAsync(Body(AboveHighWater)).AsTask())];
        Assert.All(waiting, static task => Assert.False(task.IsCompleted));

        await ReceiveAsync(pair.Peer, MoreThanTheKernelTakes + (4 * AboveHighWater)).WaitAsync(Watch.Limit);

        await Task.WhenAll(waiting).WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task Frames_that_meet_half_a_frame_of_the_driver_wait_for_its_end()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        byte[] open = FrameBytes.Method(1, 20, 10, 1);
        await pair.Stream.WriteAsync(open);
        int stamp = pair.Stream.Sender.StampOf(1);
        byte[] ours = FrameBytes.Method(1, 60, 80, 9);
        byte[] theirs = FrameBytes.Method(0, 10, 31, 500);
        await pair.Stream.WriteAsync(theirs.AsMemory(0, 50));

        Task<bool> appending = pair.Stream.Sender.AppendAsync(ours, 1, stamp).AsTask();
        Assert.False(appending.IsCompleted);
        await pair.Stream.WriteAsync(theirs.AsMemory(50));

        Assert.True(await appending.WaitAsync(Watch.Limit));
        byte[] received = await ReceiveAsync(pair.Peer, open.Length + ours.Length + theirs.Length).WaitAsync(Watch.Limit);
        Assert.Equal([.. open, .. theirs, .. ours], received);

        await pair.Stream.WriteAsync(theirs.AsMemory(0, 50));
        Task<bool> tooLate = pair.Stream.Sender.AppendAsync(ours, 1, stamp).AsTask();
        await pair.Stream.WriteAsync((byte[])[.. theirs.AsSpan(50), .. FrameBytes.Method(1, 20, 41)]);
        Assert.False(await tooLate.WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task All_who_wait_learn_of_the_end()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        _ = pair.Stream.WriteAsync(Body(MoreThanTheKernelTakes)).AsTask();
        Task[] waiting = [.. Enumerable.Range(0, 3).Select(_ => pair.Stream.WriteAsync(Body(AboveHighWater)).AsTask())];
        var room = new AsyncSignal();
        pair.Stream.Sender.RoomMade += room.Set;
        Assert.False(pair.Stream.Sender.HasRoom);

        pair.Stream.Abort();

        foreach (Task task in waiting)
        {
            await Assert.ThrowsAsync<IOException>(() => task.WaitAsync(Watch.Limit));
        }

        await room.WaitAsync().AsTask().WaitAsync(Watch.Limit);
        Assert.False(pair.Stream.Sender.TryAppend(FrameBytes.Heartbeat, 0, 0));
        await pair.Stream.Ended.WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task Each_lane_that_found_no_room_is_told_when_there_is_some_again()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        AsyncSignal[] lanes = [new(), new(), new()];
        Array.ForEach(lanes, lane => pair.Stream.Sender.RoomMade += lane.Set);
        Assert.True(pair.Stream.Sender.HasRoom);
        _ = pair.Stream.WriteAsync(Body(MoreThanTheKernelTakes)).AsTask();
        _ = pair.Stream.WriteAsync(Body(AboveHighWater)).AsTask();
        Assert.All(lanes, _ => Assert.False(pair.Stream.Sender.HasRoom));

        Task<byte[]> receiving = ReceiveAsync(pair.Peer, MoreThanTheKernelTakes + AboveHighWater);

        foreach (AsyncSignal lane in lanes)
        {
            await lane.WaitAsync().AsTask().WaitAsync(Watch.Limit);
        }

        await receiving.WaitAsync(Watch.Limit);
        Assert.True(pair.Stream.Sender.HasRoom);
    }

    [Fact]
    public async Task Frames_of_many_writers_never_break_each_other()
    {
        const int Lanes = 4;
        const int Runs = 400;
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        TransportSender sender = pair.Stream.Sender;
        Task<byte[]> receiving = ReceiveToEndAsync(pair.Peer);
        for (int lane = 1; lane <= Lanes; lane++)
        {
            await pair.Stream.WriteAsync(FrameBytes.Method(lane, 20, 10, 1));
        }

        Task[] writers =
        [
            Task.Run(() => DriveAsync(pair.Stream, Runs)),
            .. Enumerable.Range(1, Lanes).Select(lane => Task.Run(() => PublishAsync(sender, lane, Runs))),
        ];
        await Task.WhenAll(writers).WaitAsync(Watch.Limit);
        await pair.Stream.WriteAsync(FrameBytes.Method(0, 10, 50));

        List<(byte Type, int Channel, byte[] Payload)> frames = FrameBytes.Parse(await receiving.WaitAsync(Watch.Limit));
        Assert.Equal(Runs, frames.Count(static frame => frame.Type == 8));
        for (int lane = 1; lane <= Lanes; lane++)
        {
            // Of each channel: its opening, then method, header and body in turn, the runs in their order.
            List<(byte Type, int Channel, byte[] Payload)> mine = [.. frames.Where(frame => frame.Channel == lane)];
            Assert.Equal([1, .. Enumerable.Repeat<byte[]>([1, 2, 3], Runs).SelectMany(static types => types)], mine.Select(static frame => frame.Type));
            Assert.Equal(Enumerable.Range(0, Runs), mine.Where(static frame => frame.Type == 3).Select(static frame => BitConverter.ToInt32(frame.Payload)));
        }
    }

    [Fact]
    public async Task Nothing_goes_into_the_middle_of_the_drivers_frame()
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        var room = new AsyncSignal();
        pair.Stream.Sender.RoomMade += room.Set;
        byte[] method = FrameBytes.Method(1, 20, 10, 1);
        await pair.Stream.WriteAsync(method.AsMemory(0, 9));

        Assert.False(pair.Stream.Sender.TryAppend(FrameBytes.Heartbeat, 1, 0));
        Assert.False(pair.Stream.Sender.HasRoom);
        await pair.Stream.WriteAsync(method.AsMemory(9));

        await room.WaitAsync().AsTask().WaitAsync(Watch.Limit);
        Assert.True(pair.Stream.Sender.HasRoom);
        Assert.True(pair.Stream.Sender.TryAppend(FrameBytes.Heartbeat, 1, pair.Stream.Sender.StampOf(1)));
        Assert.Equal((byte[])[.. method, .. FrameBytes.Heartbeat], await ReceiveAsync(pair.Peer, method.Length + 8).WaitAsync(Watch.Limit));
    }

    [Theory]
    [InlineData(1, 20, 40)]
    [InlineData(1, 20, 41)]
    [InlineData(0, 10, 50)]
    [InlineData(0, 10, 51)]
    public async Task Nothing_is_sent_on_a_channel_that_the_driver_has_closed_since(int channel, int classId, int methodId)
    {
        using TcpPair pair = await TcpPair.OpenAsync(_time);
        TransportSender sender = pair.Stream.Sender;
        await pair.Stream.WriteAsync(FrameBytes.Method(1, 20, 10, 1));
        int stamp = sender.StampOf(1);
        Assert.True(sender.TryAppend(FrameBytes.Heartbeat, 1, stamp));

        await pair.Stream.WriteAsync(FrameBytes.Method(channel, classId, methodId, 6));

        Assert.False(sender.TryAppend(FrameBytes.Heartbeat, 1, stamp));
        await pair.Stream.WriteAsync(FrameBytes.Method(1, 20, 10, 1));
        Assert.False(sender.TryAppend(FrameBytes.Heartbeat, 1, stamp));
    }

    [Fact]
    public async Task After_a_close_frame_no_publish_of_a_racing_lane_follows()
    {
        for (int round = 0; round < 50; round++)
        {
            using TcpPair pair = await TcpPair.OpenAsync(_time);
            TransportSender sender = pair.Stream.Sender;
            Task<byte[]> receiving = ReceiveToEndAsync(pair.Peer);
            await pair.Stream.WriteAsync(FrameBytes.Method(1, 20, 10, 1));
            int stamp = sender.StampOf(1);
            int sent = 0;
            Task lane = Task.Run(() =>
            {
                while (sender.TryAppend(FrameBytes.Method(1, 60, 40, 5), 1, stamp))
                {
                    Interlocked.Increment(ref sent);
                }
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref sent) > 10, Watch.Limit);

            await pair.Stream.WriteAsync(FrameBytes.Method(1, 20, 41));
            await lane.WaitAsync(Watch.Limit);
            await pair.Stream.WriteAsync(FrameBytes.Method(0, 10, 50));

            List<(byte Type, int Channel, byte[] Payload)> frames = FrameBytes.Parse(await receiving.WaitAsync(Watch.Limit));
            Assert.Equal(1 + sent + 2, frames.Count);
            Assert.Equal(41, frames[^2].Payload[3]);
        }
    }

    private static byte[] Body(int count) => FrameBytes.Frame(3, 1, new byte[count - 8]);

    private static async Task DriveAsync(TransportStream stream, int count)
    {
        for (int index = 0; index < count; index++)
        {
            await stream.WriteAsync(FrameBytes.Heartbeat);
            await Task.Yield();
        }
    }

    private static async Task PublishAsync(TransportSender sender, int channel, int runs)
    {
        var room = new AsyncSignal();
        sender.RoomMade += room.Set;
        int stamp = sender.StampOf(channel);
        for (int index = 0; index < runs; index++)
        {
            byte[] body = new byte[Random.Shared.Next(4, 20_000)];
            BitConverter.TryWriteBytes(body, index);
            while (!sender.HasRoom)
            {
                await room.WaitAsync();
            }

            Assert.True(sender.TryAppend((byte[])[.. FrameBytes.Method(channel, 60, 40, 5), .. FrameBytes.Frame(2, channel, new byte[14]), .. FrameBytes.Frame(3, channel, body)], channel, stamp));
        }
    }

    /// <summary>Receives slowly, in small pieces, until connection.close was seen.</summary>
    private static async Task<byte[]> ReceiveToEndAsync(Socket socket)
    {
        byte[] end = FrameBytes.Method(0, 10, 50);
        var bytes = new MemoryStream();
        byte[] buffer = new byte[30_000];
        while (!bytes.GetBuffer().AsSpan(0, (int)bytes.Length).EndsWith(end))
        {
            int count = await socket.ReceiveAsync(buffer);
            Assert.NotEqual(0, count);
            bytes.Write(buffer, 0, count);
        }

        return bytes.ToArray();
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int received = 0; received < count;)
        {
            int read = await socket.ReceiveAsync(bytes.AsMemory(received));
            Assert.NotEqual(0, read);
            received += read;
        }

        return bytes;
    }
}

using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Wire;

public sealed class FrameReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64 * 1024)]
    public async Task Frames_come_out_whatever_the_pieces_they_come_in(int piece)
    {
        using var writer = new WireWriter();
        for (int number = 0; number < 300; number++)
        {
            writer.WriteFrame(FrameType.Body, (ushort)number, new byte[number * 7]);
        }

        var reader = new FrameReader(new PieceStream(writer.Written.ToArray(), piece));
        List<(int Channel, int Length)> read = [];
        while (await reader.FillAsync(CancellationToken.None))
        {
            while (reader.TryRead(out Frame frame))
            {
                read.Add((frame.Channel, frame.Payload.Length));
            }
        }

        Assert.Equal(Enumerable.Range(0, 300).Select(static number => (number, number * 7)), read);
        Assert.True(reader.Unread.IsEmpty);
    }

    [Fact]
    public async Task A_frame_larger_than_the_buffer_comes_out_whole()
    {
        byte[] payload = new byte[1_000_000];
        Random.Shared.NextBytes(payload);
        var reader = new FrameReader(new PieceStream(AmqpFrames.Frame(3, 1, payload).ToArray(), 10_000)) { MaxFrameSize = 0 };

        Frame frame = await ReadOneAsync(reader);

        Assert.Equal(payload, frame.Payload.ToArray());
    }

    [Theory]
    [InlineData(0xFFFFFFFF)]
    [InlineData(0x80000000)]
    [InlineData(0x7FFFFFFF)]
    [InlineData(8185)]
    public async Task A_frame_larger_than_allowed_is_a_frame_error_before_anything_is_allocated(uint size)
    {
        byte[] start = [1, 0, 0, (byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size, 0];
        var reader = new FrameReader(new PieceStream(start, 100));
        long before = GC.GetAllocatedBytesForCurrentThread();

        AmqpWireException error = await Assert.ThrowsAsync<AmqpWireException>(() => ReadOneAsync(reader));

        Assert.Equal(501, error.Code);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Fact]
    public async Task A_frame_of_exactly_the_allowed_size_is_allowed()
    {
        var reader = new FrameReader(new PieceStream(AmqpFrames.Frame(3, 1, new byte[4096 - 8]).ToArray(), 100)) { MaxFrameSize = 4096 };

        Frame frame = await ReadOneAsync(reader);

        Assert.Equal(4096, frame.Raw.Length);
    }

    [Fact]
    public async Task A_frame_without_its_end_octet_is_a_frame_error()
    {
        byte[] frame = AmqpFrames.Frame(8, 0, []).ToArray();
        frame[^1] = 0xCD;

        AmqpWireException error = await Assert.ThrowsAsync<AmqpWireException>(() => ReadOneAsync(new FrameReader(new PieceStream(frame, 100))));

        Assert.Equal(501, error.Code);
    }

    [Fact]
    public async Task A_partial_frame_at_the_end_is_no_frame()
    {
        byte[] frame = AmqpFrames.Ack(1, 1).ToArray();
        var reader = new FrameReader(new PieceStream(frame[..^1], 100));

        Assert.True(await reader.FillAsync(CancellationToken.None));
        Assert.False(reader.TryRead(out _));
        Assert.False(await reader.FillAsync(CancellationToken.None));
        Assert.Equal(frame.Length - 1, reader.Unread.Length);
    }

    [Fact]
    public async Task The_protocol_header_is_told_from_what_is_none()
    {
        var amqp = new FrameReader(new PieceStream(ProtocolHeader.Amqp091.ToArray(), 3));
        ProtocolHeader header;
        do
        {
            Assert.True(await amqp.FillAsync(CancellationToken.None));
        }
        while (!amqp.TryReadProtocolHeader(out header));

        Assert.True(header.IsAmqp091);
        Assert.False(ProtocolHeader.From("AMQP\x03\x01\x00\x00"u8).IsAmqp091);
        Assert.False(ProtocolHeader.From("GET / HT"u8).IsAmqp);
    }

    [Fact]
    public async Task Publishes_and_acks_are_read_and_written_without_allocation()
    {
        using var writer = new WireWriter();
        for (int number = 0; number < 200; number++)
        {
            writer.WriteContent(1, new AmqpBasic.Publish("exchange", "key", Mandatory: true, Immediate: false), [0, 0], new byte[16], 0);
        }

        byte[] bytes = writer.Written.ToArray();
        var reader = new FrameReader(new MemoryStream(bytes));
        await reader.FillAsync(CancellationToken.None);
        using var acks = new WireWriter();
        Assert.True(ReadSome(reader, acks, 10));

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(ReadSome(reader, acks, 180));

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static bool ReadSome(FrameReader reader, WireWriter acks, int publishes)
    {
        ulong tag = 0;
        while ((int)tag < publishes)
        {
            if (!reader.TryRead(out Frame frame))
            {
                return false;
            }

            if (frame.Type == FrameType.Method && frame.Read<AmqpBasic.Publish>().RoutingKey is "key")
            {
                acks.WriteAck(1, ++tag, multiple: false);
            }
            else if (frame.Type == FrameType.Header && ContentHeader.Read(frame.Payload).BodySize != 16)
            {
                return false;
            }
        }

        return true;
    }

    private static async Task<Frame> ReadOneAsync(FrameReader reader)
    {
        while (true)
        {
            if (reader.TryRead(out Frame frame))
            {
                return frame;
            }

            Assert.True(await reader.FillAsync(CancellationToken.None));
        }
    }

    private sealed class PieceStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}

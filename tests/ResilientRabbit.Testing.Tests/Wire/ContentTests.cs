using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Wire;

public sealed class ContentTests
{
    private static readonly ContentProperties All = new()
    {
        ContentType = "type",
        ContentEncoding = "encoding",
        Headers = new AmqpTable { ["k"] = 1 },
        DeliveryMode = 2,
        Priority = 9,
        CorrelationId = "correlation",
        ReplyTo = "reply",
        Expiration = "1000",
        MessageId = "id",
        Timestamp = 1_234_567_890,
        Type = "kind",
        UserId = "user",
        AppId = "app",
        ClusterId = "cluster",
    };

    [Fact]
    public void All_fourteen_properties_come_back()
    {
        ContentProperties read = ContentProperties.Read(All.ToBytes());

        Assert.Equal(14, typeof(ContentProperties).GetProperties(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance).Length);
        Assert.Equal(All with { Headers = null }, read with { Headers = null });
        Assert.Equal(1, read.Headers!["k"]);
    }

    [Fact]
    public void Each_property_alone_comes_back()
    {
        ContentProperties[] alone =
        [
            new() { ContentType = "a" }, new() { ContentEncoding = "a" }, new() { DeliveryMode = 1 }, new() { Priority = 1 },
            new() { CorrelationId = "a" }, new() { ReplyTo = "a" }, new() { Expiration = "a" }, new() { MessageId = "a" }, new() { Timestamp = 1 },
            new() { Type = "a" }, new() { UserId = "a" }, new() { AppId = "a" }, new() { ClusterId = "a" }, new(),
        ];

        Assert.All(alone, static properties => Assert.Equal(properties, ContentProperties.Read(properties.ToBytes())));
    }

    [Fact]
    public void Properties_that_the_class_does_not_have_are_a_syntax_error()
        => Assert.Equal(502, Assert.Throws<AmqpWireException>(() => ContentProperties.Read([0, 2])).Code);

    [Fact]
    public void Properties_cut_short_anywhere_are_a_syntax_error()
    {
        byte[] bytes = All.ToBytes();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(502, Assert.Throws<AmqpWireException>(() => ContentProperties.Read(bytes.AsSpan(0, length))).Code);
        }
    }

    [Fact]
    public void A_body_is_cut_into_frames_of_the_negotiated_size()
    {
        using var writer = new WireWriter();
        byte[] body = [.. Enumerable.Range(0, 10_000).Select(static number => (byte)number)];
        writer.WriteContent(3, new AmqpBasic.Publish("e", "k", Mandatory: true, Immediate: false), All.ToBytes(), body, 4096);

        List<Frame> frames = FrameCutter.Cut(writer.Written, out ReadOnlyMemory<byte> rest);

        Assert.True(rest.IsEmpty);
        Assert.Equal([FrameType.Method, FrameType.Header, FrameType.Body, FrameType.Body, FrameType.Body], frames.Select(static frame => frame.Type));
        Assert.All(frames, static frame => Assert.InRange(frame.Raw.Length, 8, 4096));
        Assert.Equal(10_000ul, ContentHeader.Read(frames[1].Payload).BodySize);
        Assert.Equal(body, frames.Skip(2).SelectMany(static frame => frame.Payload.ToArray()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(13)]
    public void A_header_cut_short_is_a_frame_error(int length)
        => Assert.Equal(501, Assert.Throws<AmqpWireException>(() => ContentHeader.Read(new byte[length])).Code);

    [Fact]
    public void Frames_of_channels_that_interleave_become_whole_commands()
    {
        using var first = new WireWriter();
        using var second = new WireWriter();
        first.WriteContent(1, new AmqpBasic.Publish("e", "one", Mandatory: false, Immediate: false), [0, 0], new byte[5000], 4096);
        second.WriteContent(2, new AmqpBasic.Publish("e", "two", Mandatory: false, Immediate: false), [0, 0], [], 4096);
        List<Frame> ones = FrameCutter.Cut(first.Written, out _);
        List<Frame> twos = FrameCutter.Cut(second.Written, out _);
        Frame heartbeat = FrameCutter.Cut(AmqpFrames.Frame(8, 0, []), out _)[0];
        var assembler = new CommandAssembler();

        Command?[] commands = [.. new[] { ones[0], twos[0], ones[1], heartbeat, twos[1], ones[2], ones[3] }.Select(frame => assembler.Add(frame))];

        Assert.Equal([null, null, null, AmqpMethod.None, AmqpMethod.BasicPublish, null, AmqpMethod.BasicPublish], commands.Select(static command => command?.Method));
        Assert.Equal(first.Written.ToArray(), commands[^1]!.Bytes.ToArray());
        Assert.False(assembler.HasUnfinished);
    }
}

using RabbitMQ.Client;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>Our frames are byte for byte those of the driver.</summary>
public sealed class PublishEncoderTests
{
    private const ushort Channel = 0x0102;
    private const uint FrameMax = 131_072;

    private static readonly Dictionary<string, object?> Values = new(StringComparer.Ordinal)
    {
        ["null"] = null,
        ["true"] = true,
        ["byte"] = (byte)200,
        ["sbyte"] = (sbyte)-3,
        ["short"] = (short)-300,
        ["ushort"] = (ushort)60_000,
        ["int"] = int.MinValue,
        ["uint"] = uint.MaxValue,
        ["long"] = long.MinValue,
        ["float"] = 1.5f,
        ["double"] = -2.25,
        ["decimal"] = 12.34m,
        ["timestamp"] = new AmqpTimestamp(1_700_000_000),
        ["text"] = "gr\u00fc\u00df\ud83d\ude00",
        ["bytes"] = new byte[] { 1, 2, 3 },
        ["binary"] = new BinaryTableValue([4, 5]),
        ["list"] = new List<object?> { 1, "two", null },
        ["table"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["inner"] = 1L, ["list"] = new List<object?> { false } },
    };

    public static TheoryData<string> ValueNames => [.. Values.Keys];

    public static TheoryData<int, uint> Bodies => new()
    {
        { 0, FrameMax }, { 1, FrameMax }, { (int)FrameMax - 8, FrameMax }, { (int)FrameMax - 7, FrameMax }, { 300_000, FrameMax }, { 10_000, 4096 }, { 300_000, 0 },
    };

    [Theory]
    [InlineData("", "queue", true, true)]
    [InlineData("orders", "", false, false)]
    [InlineData("\u00fcber", "\u043a\u043b\u044e\u0447", true, false)]
    public void A_plain_message_is_as_the_driver_writes_it(string exchange, string routingKey, bool mandatory, bool persistent)
    {
        BasicProperties properties = Plain(7, "abc.42", persistent);
        byte[] body = [1, 2, 3];

        Assert.Equal(Expected(exchange, routingKey, mandatory, properties, body), Encode(new OutgoingPublish(exchange, routingKey, mandatory, new PlainProperties(7, "abc.42", null, persistent), null, body)));
        Assert.Equal(Expected(exchange, routingKey, mandatory, properties, body), Encode(new OutgoingPublish(exchange, routingKey, mandatory, default, properties, body)));
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(1L)]
    [InlineData(long.MaxValue)]
    public void The_id_of_a_plain_message_is_as_the_driver_writes_it(long id)
    {
        BasicProperties properties = Plain(id, new string('x', 255), persistent: true);

        Assert.Equal(Expected("e", "k", true, properties, []), Encode(new OutgoingPublish("e", "k", true, new PlainProperties(id, properties.MessageId, null, true), null, default)));
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(35L)]
    [InlineData(36L)]
    [InlineData(1_000_000_007L)]
    [InlineData(long.MaxValue)]
    public void A_made_message_id_goes_to_the_wire_as_its_text(long number)
    {
        var ids = new MessageIds();
        BasicProperties properties = Plain(number, ids.For(number), persistent: true);

        Assert.Equal(ids.LengthOf(number), ids.For(number).Length);
        Assert.Equal(Expected("e", "k", true, properties, [1]), Encode(new OutgoingPublish("e", "k", true, new PlainProperties(number, null, ids, true), null, new byte[] { 1 })));
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_is_cut_into_frames_as_the_driver_does_it(int size, uint frameMax)
    {
        BasicProperties properties = Plain(1, "id", persistent: true);
        byte[] body = new byte[size];
        new Random(size).NextBytes(body);
        var encoder = new PublishEncoder(Channel, frameMax);

        encoder.Add(new OutgoingPublish("e", "k", true, new PlainProperties(1, "id", null, true), null, body));

        Assert.True(DriverSerializer.Publish("e", "k", true, properties, body, Channel, frameMax).AsSpan().SequenceEqual(encoder.Bytes));
    }

    [Theory]
    [MemberData(nameof(ValueNames))]
    public void Each_type_of_header_is_as_the_driver_writes_it(string name)
    {
        BasicProperties properties = Plain(9, "id", persistent: true);
        properties.Headers![name] = Values[name];

        Assert.Equal(Expected("e", "k", true, properties, [5]), Encode(new OutgoingPublish("e", "k", true, default, properties, new byte[] { 5 })));
    }

    [Fact]
    public void All_properties_together_are_as_the_driver_writes_them()
    {
        BasicProperties properties = Plain(9, "id", persistent: true);
        foreach ((string name, object? value) in Values)
        {
            properties.Headers![name] = value;
        }

        properties.ContentType = "text/plain";
        properties.ContentEncoding = "utf-8";
        properties.Priority = 9;
        properties.CorrelationId = "corr";
        properties.ReplyTo = "reply";
        properties.Expiration = "60000";
        properties.Timestamp = new AmqpTimestamp(1_700_000_000);
        properties.Type = "type";
        properties.UserId = "guest";
        properties.AppId = "app";

        Assert.Equal(Expected("e", "k", false, properties, [5]), Encode(new OutgoingPublish("e", "k", false, default, properties, new byte[] { 5 })));
    }

    [Fact]
    public void Messages_of_a_run_stand_one_behind_the_other_whatever_changes_between_them()
    {
        var encoder = new PublishEncoder(Channel, FrameMax);
        List<byte> expected = [];
        foreach ((string exchange, string key, bool mandatory, int size) in new[] { ("a", "k", true, 10), ("a", "k", true, 0), ("a", "longer", true, 50_000), ("b", "k", true, 10), ("b", "k", false, 10) })
        {
            BasicProperties properties = Plain(expected.Count, "id-" + size, persistent: true);
            byte[] body = new byte[size];
            bool isPlain = expected.Count > 0;
            encoder.Add(new OutgoingPublish(
                exchange, key, mandatory, isPlain ? new PlainProperties(expected.Count, properties.MessageId, null, true) : default, isPlain ? null : properties, body));
            expected.AddRange(Expected(exchange, key, mandatory, properties, body));
        }

        Assert.True(encoder.Bytes.SequenceEqual(expected.ToArray()));
        encoder.Clear();
        Assert.True(encoder.Bytes.IsEmpty);
    }

    [Fact]
    public void A_message_that_cannot_be_encoded_leaves_the_run_as_it_was()
    {
        BasicProperties good = Plain(1, "id", persistent: true);
        BasicProperties bad = Plain(2, "id", persistent: true);
        bad.Headers!["amount"] = decimal.MaxValue;
        var encoder = new PublishEncoder(Channel, FrameMax);
        encoder.Add(new OutgoingPublish("e", "k", true, new PlainProperties(1, "id", null, true), null, default));

        Assert.ThrowsAny<Exception>(() => encoder.Add(new OutgoingPublish("e", "k", true, default, bad, new byte[] { 1 })));
        Assert.ThrowsAny<ArgumentException>(() => encoder.Add(new OutgoingPublish("e", new string('k', 256), true, default, good, default)));
        encoder.Add(new OutgoingPublish("e", "k", true, new PlainProperties(1, "id", null, true), null, default));

        byte[] one = Expected("e", "k", true, good, []);
        Assert.True(encoder.Bytes.SequenceEqual((byte[])[.. one, .. one]));
    }

    [Fact]
    public void A_header_that_fills_a_frame_is_sent_and_one_byte_more_is_not()
    {
        const uint Small = 4096;
        BasicProperties properties = Plain(1, "id", persistent: true);
        properties.Headers!["fill"] = "";
        byte[] frames = DriverSerializer.Publish("e", "k", true, properties, [], Channel, Small);
        int methodFrame = frames.AsSpan().IndexOf((byte)0xCE) + 1;
        int rest = (int)Small - (frames.Length - methodFrame);
        var encoder = new PublishEncoder(Channel, Small);

        properties.Headers["fill"] = new string('x', rest + 1);
        Assert.Throws<InvalidOperationException>(() => encoder.Add(new OutgoingPublish("e", "k", true, default, properties, default)));
        Assert.True(encoder.Bytes.IsEmpty);
        properties.Headers["fill"] = new string('x', rest);
        encoder.Add(new OutgoingPublish("e", "k", true, default, properties, default));

        Assert.True(DriverSerializer.Publish("e", "k", true, properties, [], Channel, Small).AsSpan().SequenceEqual(encoder.Bytes));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(uint.MaxValue)]
    public void A_frame_limit_beyond_all_messages_is_none(uint frameMax)
    {
        byte[] body = new byte[300_000];
        var encoder = new PublishEncoder(Channel, frameMax);

        encoder.Add(new OutgoingPublish("e", "k", true, new PlainProperties(1, "id", null, true), null, body));

        Assert.True(DriverSerializer.Publish("e", "k", true, Plain(1, "id", persistent: true), body, Channel, 0).AsSpan().SequenceEqual(encoder.Bytes));
    }

    private static BasicProperties Plain(long id, string messageId, bool persistent) => new()
    {
        MessageId = messageId,
        Persistent = persistent,
        Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [PublishChannel.PublishIdHeader] = id },
    };

    private static byte[] Expected(string exchange, string routingKey, bool mandatory, BasicProperties properties, byte[] body)
        => DriverSerializer.Publish(exchange, routingKey, mandatory, properties, body, Channel, FrameMax);

    private static byte[] Encode(in OutgoingPublish message)
    {
        var encoder = new PublishEncoder(Channel, FrameMax);
        encoder.Add(message);
        return encoder.Bytes.ToArray();
    }
}

using System.Buffers.Binary;
using System.Text;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>Deliveries of diverted channels reach their sinks, and the driver gets the rest, unchanged and in order.</summary>
public sealed class IncomingFramesTests
{
    private readonly IncomingFrames _frames = new(IncomingFrames.UsualMaxContent);
    private readonly MemoryStream _passed = new();
    private readonly Sink _sink = new();

    [Fact]
    public void Any_mixture_in_pieces_of_any_size_is_divided_without_loss()
    {
        var random = new Random(7);
        for (int round = 0; round < 60; round++)
        {
            var frames = new IncomingFrames(IncomingFrames.UsualMaxContent);
            Sink[] sinks = [new(), new()];
            frames.Divert(1, sinks[0]);
            frames.Divert(300, sinks[1]);
            List<byte> sent = [];
            List<byte> expected = [];
            List<string>[] deliveries = [[], []];
            for (ulong tag = 1; tag <= 40; tag++)
            {
                byte[] body = new byte[random.Next(6) == 0 ? random.Next(70_000) : random.Next(40)];
                random.NextBytes(body);
                int which = random.Next(2);
                sent.AddRange(Delivery(which == 0 ? 1 : 300, tag, $"key-{tag % 3}", body, pieces: random.Next(1, 4)));
                deliveries[which].Add(Describe(tag, $"key-{tag % 3}", body));
                byte[] others = random.Next(5) switch
                {
                    0 => FrameBytes.Heartbeat,
                    1 => FrameBytes.Method(1, 20, 40, random.Next(200)),
                    2 => Delivery(2, tag, "driver", body, pieces: 1),
                    3 => FrameBytes.Method(300, 60, 31, 9),
                    _ => [],
                };
                sent.AddRange(others);
                expected.AddRange(others);
            }

            byte[] passed = Divide(frames, [.. sent], random);
            Assert.True(expected.SequenceEqual(passed), $"round {round}");
            Assert.Equal(deliveries[0], sinks[0].Deliveries);
            Assert.Equal(deliveries[1], sinks[1].Deliveries);
            Assert.True(frames.IsBetweenFrames);
        }
    }

    [Fact]
    public void A_delivery_has_what_the_broker_said()
    {
        _frames.Divert(1, _sink);
        byte[] properties = [0x00, 0x80, 2, (byte)'i', (byte)'d'];

        Feed([.. Method(1, 9, "key", redelivered: true), .. Header(1, 3, properties), .. FrameBytes.Frame(3, 1, [1, 2, 3])]);

        IncomingDelivery delivery = _sink.Last;
        Assert.Equal((9UL, true, "ctag", "orders", "key", true, 3), (delivery.Tag, delivery.Redelivered, delivery.ConsumerTag, delivery.Exchange, delivery.RoutingKey, delivery.IsReadable, delivery.BodyLength));
        Assert.Equal(properties, delivery.Properties.ToArray());
        Assert.Equal([1, 2, 3], delivery.Buffer![..3]);
        Assert.Equal(1, _sink.Bursts);
        Assert.Equal(0, _passed.Length);
    }

    [Fact]
    public void Properties_that_cannot_be_read_are_told_and_not_passed_on()
    {
        _frames.Divert(1, _sink);

        Feed([.. Method(1, 1, "key"), .. Header(1, 0, [0x20, 0, 0, 0, 0, 9, 1])]);

        Assert.Equal((false, 0), (_sink.Last.IsReadable, _sink.Last.Properties.Length));
        Assert.Null(_sink.Last.Buffer);
    }

    [Fact]
    public void A_detached_channel_is_still_kept_from_the_driver()
    {
        DeliveryRoute route = _frames.Divert(1, _sink);
        Feed([.. Method(1, 1, "key")]);
        route.Detach();

        Feed([.. Header(1, 1, [0, 0]), .. FrameBytes.Frame(3, 1, [1]), .. Delivery(1, 2, "key", [1, 2], 1)]);

        Assert.Empty(_sink.Deliveries);
        Assert.Equal(0, _passed.Length);
    }

    [Fact]
    public void Another_sink_takes_the_channel_over()
    {
        _frames.Divert(1, _sink).Detach();
        var next = new Sink();
        _frames.Divert(1, next);

        Feed(Delivery(1, 1, "key", [], 1));

        Assert.Empty(_sink.Deliveries);
        Assert.Single(next.Deliveries);
    }

    [Theory]
    [InlineData("AMQP\0\0\t\u0001 and more")]
    [InlineData("HTTP/1.1 400 Bad Request")]
    public void What_is_no_frame_is_left_to_the_driver(string text)
    {
        _frames.Divert(1, _sink);
        byte[] bytes = Encoding.ASCII.GetBytes(text);

        Feed(bytes);

        Assert.Equal(bytes, _passed.ToArray());
    }

    [Theory]
    [InlineData("method end")]
    [InlineData("header end")]
    [InlineData("body end")]
    [InlineData("body first")]
    [InlineData("header twice")]
    [InlineData("delivery within")]
    [InlineData("method within")]
    [InlineData("long body")]
    [InlineData("huge body")]
    [InlineData("class")]
    [InlineData("small header")]
    [InlineData("short arguments")]
    [InlineData("long method")]
    public void What_is_not_AMQP_ends_the_connection(string what)
    {
        _frames.Divert(1, _sink);
        byte[] method = Method(1, 1, "key");
        byte[] header = Header(1, 2, [0, 0]);
        byte[] body = FrameBytes.Frame(3, 1, [1, 2]);
        byte[] bytes = what switch
        {
            "method end" => [.. method[..^1], 0],
            "header end" => [.. method, .. header[..^1], 0],
            "body end" => [.. method, .. header, .. body[..^1], 0],
            "body first" => [.. method, .. body],
            "header twice" => [.. method, .. header, .. header],
            "delivery within" => [.. method, .. method],
            "method within" => [.. method, .. FrameBytes.Method(1, 20, 40)],
            "long body" => [.. method, .. header, .. FrameBytes.Frame(3, 1, [1, 2, 3])],
            "huge body" => [.. method, .. Header(1, IncomingFrames.LargestContent + 1L, [0, 0])],
            "class" => [.. method, .. FrameBytes.Frame(2, 1, [0, 10, 0, 0, .. new byte[10]])],
            "small header" => [.. method, .. FrameBytes.Frame(2, 1, new byte[13])],
            "short arguments" => FrameBytes.Method(1, 60, 60, 3),
            _ => FrameBytes.Method(1, 60, 60, 2000),
        };

        Assert.Throws<InvalidDataException>(() => Feed(bytes));
        Assert.Empty(_sink.Deliveries);
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void The_largest_body_that_is_kept_is_the_configured_one(int size, bool isKept)
    {
        var frames = new IncomingFrames(10);
        frames.Divert(1, _sink);
        byte[] body = [.. Enumerable.Range(1, size).Select(static number => (byte)number)];
        byte[] bytes = [.. Method(1, 1, "key"), .. Header(1, size, [0, 0]), .. FrameBytes.Frame(3, 1, body[..4]), .. FrameBytes.Frame(3, 1, body[4..]), .. Delivery(1, 2, "next", [7], 1)];

        int used = frames.Transfer(bytes, new byte[100], out int passed);

        Assert.Equal((bytes.Length, 0), (used, passed));
        Assert.Equal([Describe(1, "key", isKept ? body : []), Describe(2, "next", [7])], _sink.Deliveries);
        Assert.Equal([isKept ? 0 : size, 0], _sink.TooLarge);
    }

    [Fact]
    public void A_part_of_a_body_is_a_sign_of_life()
    {
        _frames.Divert(1, _sink);
        byte[] start = [.. Method(1, 1, "key"), .. Header(1, 100, [0, 0]), .. FrameBytes.Frame(3, 1, new byte[50])];

        _frames.Transfer(start, new byte[100], out _);
        Assert.True(_frames.HasTaken);
        _frames.EndBurst();

        Assert.False(_frames.HasTaken);
        Assert.Empty(_sink.Deliveries);
    }

    [Fact]
    public void The_answers_to_a_get_are_kept_from_the_driver()
    {
        _frames.Divert(1, _sink);
        byte[] number = [0, 0, 0, 0, 0, 0, 0, 5];

        Feed([.. FrameBytes.Frame(1, 1, [0, 60, 0, 71, .. number, 1, .. Text("orders"), .. Text("key"), 0, 0, 0, 9]), .. Header(1, 2, [0, 0]), .. FrameBytes.Frame(3, 1, [1, 2])]);
        Feed(FrameBytes.Frame(1, 1, [0, 60, 0, 72, 0]));

        Assert.Equal((5UL, true, "", "orders", "key", 2), (_sink.Last.Tag, _sink.Last.Redelivered, _sink.Last.ConsumerTag, _sink.Last.Exchange, _sink.Last.RoutingKey, _sink.Last.BodyLength));
        Assert.Equal((1, 1), (_sink.Deliveries.Count, _sink.Empties));
        Assert.Equal(0, _passed.Length);
    }

    private static string Describe(ulong tag, string key, ReadOnlySpan<byte> body) => $"{tag} {key} {Convert.ToHexString(body)}";

    private static byte[] Method(int channel, ulong tag, string key, bool redelivered = false)
    {
        byte[] number = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(number, tag);
        return FrameBytes.Frame(1, channel, [0, 60, 0, 60, .. Text("ctag"), .. number, redelivered ? (byte)1 : (byte)0, .. Text("orders"), .. Text(key)]);
    }

    private static byte[] Header(int channel, long size, byte[] properties)
    {
        byte[] number = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, size);
        return FrameBytes.Frame(2, channel, [0, 60, 0, 0, .. number, .. properties]);
    }

    private static byte[] Delivery(int channel, ulong tag, string key, byte[] body, int pieces)
    {
        List<byte> bytes = [.. Method(channel, tag, key), .. Header(channel, body.Length, tag % 2 == 0 ? [0, 0] : [0x10, 0x80, 2, 2, (byte)'i', (byte)'d'])];
        foreach (byte[] piece in body.Chunk(Math.Max(1, (body.Length / pieces) + 1)))
        {
            bytes.AddRange(FrameBytes.Frame(3, channel, piece));
        }

        return [.. bytes];
    }

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    /// <summary>As the stream does it: what is left of one piece is offered again with the next.</summary>
    private static byte[] Divide(IncomingFrames frames, byte[] sent, Random random)
    {
        using var passed = new MemoryStream();
        byte[] held = [];
        int at = 0;
        while (at < sent.Length || held.Length > 0)
        {
            int piece = Math.Min(sent.Length - at, random.Next(3) == 0 ? random.Next(1, 12) : random.Next(1, 5_000));
            held = [.. held, .. sent.AsSpan(at, piece)];
            at += piece;
            while (true)
            {
                byte[] free = new byte[random.Next(1, 3_000)];
                int used = frames.Transfer(held, free, out int written);
                passed.Write(free, 0, written);
                held = held[used..];
                if (written == 0)
                {
                    break;
                }
            }

            frames.EndBurst();
            Assert.True(held.Length <= IncomingFrames.MostHeldBack, $"{held.Length} held back");
            Assert.True(at < sent.Length || held.Length == 0, $"{held.Length} bytes were never used");
        }

        return passed.ToArray();
    }

    private void Feed(byte[] bytes)
    {
        byte[] free = new byte[10_000];
        int used = _frames.Transfer(bytes, free, out int written);
        _frames.EndBurst();
        _passed.Write(free, 0, written);
        Assert.Equal(bytes.Length, used);
    }

    private sealed class Sink : IDeliverySink
    {
        public List<string> Deliveries { get; } = [];

        public List<long> TooLarge { get; } = [];

        public int Empties { get; private set; }

        public IncomingDelivery Last { get; private set; }

        public int Bursts { get; private set; }

        public void OnDelivery(in IncomingDelivery delivery)
        {
            Last = delivery;
            TooLarge.Add(delivery.TooLarge);
            Deliveries.Add(Describe(delivery.Tag, delivery.RoutingKey, delivery.Buffer.AsSpan(0, delivery.BodyLength)));
        }

        public void OnQueueEmpty() => Empties++;

        public void OnDeliveriesEnd() => Bursts++;
    }
}

using System.Buffers.Binary;
using System.Text;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class ReplyMaskTests
{
    private const string Secret = "pa55-wörd";
    private readonly ReplyMask _mask = new();

    [Theory]
    [InlineData(0x000A_0032, 2)]
    [InlineData(0x0014_0028, 2)]
    [InlineData(0x003C_0032, 2)]
    [InlineData(0x000A_003C, 0)]
    public void The_text_of_a_close_a_return_and_a_block_loses_the_secret_and_nothing_else(int method, int before)
    {
        _mask.Add(Secret);

        byte[] frame = Pass(Frame(method, before, $"x {Secret} y {Secret}", Secret));

        Assert.Equal(Frame(method, before, $"x {new string('*', 10)} y {new string('*', 10)}", Secret), frame);
    }

    [Fact]
    public void Other_frames_pass_as_they_are()
    {
        _mask.Add(Secret);
        byte[] deliver = Frame(0x003C_003C, 0, Secret, Secret);
        byte[] body = FrameBytes.Frame(3, 1, Frame(0x0014_0028, 2, Secret, "")[7..^1]);

        Assert.Equal(deliver, Pass([.. deliver]));
        Assert.Equal(body, Pass([.. body]));
    }

    [Fact]
    public void One_secret_within_another_leaves_nothing_of_either()
    {
        _mask.Add("abcd");
        _mask.Add("abcdefgh");
        _mask.Add("ghij");

        Assert.Equal(Frame(0x0014_0028, 2, "**********kl", ""), Pass(Frame(0x0014_0028, 2, "abcdefghijkl", "")));
    }

    [Fact]
    public void A_secret_that_the_end_of_the_longest_text_cut_off_is_masked_as_far_as_it_goes()
    {
        _mask.Add("secret-of-the-session");
        string fill = new('x', 249);

        Assert.Equal(Frame(0x0014_0028, 2, fill + "******", ""), Pass(Frame(0x0014_0028, 2, fill + "secret", "")));
        Assert.Equal(Frame(0x0014_0028, 2, "secret", ""), Pass(Frame(0x0014_0028, 2, "secret", "")));
    }

    [Fact]
    public void Of_many_renewed_secrets_the_first_and_the_last_ones_are_kept()
    {
        for (int number = 0; number < 1000; number++)
        {
            _mask.Add(FormattableString.Invariant($"secret-{number:D4}"));
        }

        Assert.Equal(Frame(0x0014_0028, 2, "*********** secret-0500 ***********", ""), Pass(Frame(0x0014_0028, 2, "secret-0000 secret-0500 secret-0999", "")));
    }

    [Theory]
    [InlineData("abc", "nova")]
    [InlineData("nova", "nova")]
    [InlineData("", "nova")]
    [InlineData(null, "nova")]
    public void What_is_too_short_or_the_user_name_is_no_secret(string? secret, string user)
    {
        _mask.Add(secret, user);

        Assert.Equal(Frame(0x0014_0028, 2, "abc nova", ""), Pass(Frame(0x0014_0028, 2, "abc nova", "")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_frame_in_pieces_is_masked_before_any_of_its_text_is_passed_on(bool isDiverted)
    {
        _mask.Add(Secret);
        byte[] sent = [.. FrameBytes.Frame(8, 0, []), .. Frame(0x0014_0028, 2, $"x {Secret} y", "z"), .. FrameBytes.Frame(3, 1, [1, 2, 3])];
        byte[] wanted = [.. FrameBytes.Frame(8, 0, []), .. Frame(0x0014_0028, 2, $"x {new string('*', 10)} y", "z"), .. FrameBytes.Frame(3, 1, [1, 2, 3])];
        for (int piece = 1; piece <= sent.Length; piece++)
        {
            var frames = new IncomingFrames(1000) { Replies = _mask };
            if (isDiverted)
            {
                frames.Divert(1, new NoSink());
            }

            Assert.Equal(wanted, Pass(frames, sent, piece));
        }
    }

    [Fact]
    public void A_text_that_claims_to_be_longer_than_its_frame_is_masked_to_the_frames_end()
    {
        _mask.Add(Secret);
        byte[] frame = Frame(0x0014_0028, 2, Secret, "");
        frame[13] = 250;
        byte[] after = FrameBytes.Frame(8, 0, []);

        byte[] passed = Pass([.. frame, .. after]);

        Assert.Equal(after, passed[^after.Length..]);
        Assert.DoesNotContain("pa55", Encoding.UTF8.GetString(passed), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_broker_tells_of_itself_loses_the_secret_and_nothing_else()
    {
        _mask.Add(Secret);

        Assert.Equal(Start($"rabbit@{new string('*', 10)}", $"PLAIN X-{new string('*', 10)}"), Pass(Start($"rabbit@{Secret}", $"PLAIN X-{Secret}")));
    }

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("EXTERNAL")]
    public void A_secret_that_is_called_like_a_mechanism_does_not_keep_the_driver_from_finding_the_mechanism(string secret)
    {
        _mask.Add(secret);

        Assert.Equal(Start("rabbit@one", "AMQPLAIN PLAIN EXTERNAL"), Pass(Start("rabbit@one", "AMQPLAIN PLAIN EXTERNAL")));
    }

    [Theory]
    [InlineData("rabbit")]
    [InlineData("RabbitMQ")]
    [InlineData("Erlang")]
    [InlineData("cluster_name")]
    [InlineData("version")]
    public void A_password_that_every_broker_says_of_itself_does_not_hide_what_it_says(string secret)
    {
        _mask.Add(secret);

        Assert.Equal(Start("rabbit@one", "PLAIN"), Pass(Start("rabbit@one", "PLAIN")));
        Assert.Equal(Start("RabbitMQ, Erlang, version", "PLAIN"), Pass(Start("RabbitMQ, Erlang, version", "PLAIN")));
        Assert.Equal(Frame(0x0014_0028, 2, new string('*', secret.Length), ""), Pass(Frame(0x0014_0028, 2, secret, "")));
    }

    [Fact]
    public void A_password_that_is_in_the_hosts_name_does_not_hide_the_nodes_name()
    {
        var mask = new ReplyMask { Host = "orders-1.example" };
        mask.Add("orders");
        byte[] start = Start("rabbit@orders-1", "PLAIN");

        Assert.Equal(start, Pass(new IncomingFrames(1000) { Replies = mask }, start, start.Length));
        Assert.Equal(("CN=orders-1", "CN=orders-1"), (mask.Mask("CN=orders-1"), _mask.Mask("CN=orders-1")));
    }

    [Fact]
    public void A_name_that_a_certificate_gives_loses_the_secret_and_nothing_else()
    {
        _mask.Add(Secret);

        Assert.Equal($"CN={new string('*', 10)}, O=örg", _mask.Mask($"CN={Secret}, O=örg"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void What_a_broker_tells_of_itself_in_pieces_is_masked_before_any_of_it_is_passed_on(int piece)
    {
        _mask.Add(Secret);
        byte[] sent = [.. Start(Secret + new string('x', 5000), "PLAIN"), .. FrameBytes.Frame(8, 0, [])];
        byte[] wanted = [.. Start(new string('*', 10) + new string('x', 5000), "PLAIN"), .. FrameBytes.Frame(8, 0, [])];

        Assert.Equal(wanted, Pass(new IncomingFrames(1000) { Replies = _mask }, sent, piece));
    }

    [Fact]
    public void A_beginning_without_end_is_refused()
    {
        _mask.Add(Secret);

        Assert.Throws<InvalidDataException>(() => Pass(Start(new string('x', 40_000), "PLAIN")));
    }

    private byte[] Pass(byte[] sent) => Pass(new IncomingFrames(1000) { Replies = _mask }, sent, sent.Length);

    private static byte[] Pass(IncomingFrames frames, byte[] sent, int piece)
    {
        using var passed = new MemoryStream();
        byte[] held = [];
        byte[] free = new byte[7];
        for (int at = 0; at < sent.Length; at += piece)
        {
            held = [.. held, .. sent.AsSpan(at, Math.Min(piece, sent.Length - at))];
            int written;
            do
            {
                int used = frames.Transfer(held, free, out written);
                passed.Write(free, 0, written);
                held = held[used..];
            }
            while (written > 0);
        }

        Assert.Empty(held);
        return passed.ToArray();
    }

    private static byte[] Frame(int method, int before, string text, string after)
    {
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, method);
        return FrameBytes.Frame(1, 1, [.. number, .. new byte[before], .. Short(text), .. Short(after)]);
    }

    /// <summary>A connection.start with one property.</summary>
    private static byte[] Start(string name, string mechanisms)
    {
        byte[] properties = [.. Short("cluster_name"), (byte)'S', .. Long(Encoding.UTF8.GetBytes(name))];
        return FrameBytes.Frame(1, 0, [0, 10, 0, 10, 0, 9, .. Long(properties), .. Long(Encoding.UTF8.GetBytes(mechanisms)), .. Long("en_US"u8.ToArray())]);
    }

    private static byte[] Long(byte[] bytes)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        return [.. length, .. bytes];
    }

    private static byte[] Short(string text) => [(byte)Encoding.UTF8.GetByteCount(text), .. Encoding.UTF8.GetBytes(text)];

    private sealed class NoSink : IDeliverySink
    {
        public void OnDelivery(in IncomingDelivery delivery) => Assert.Fail("There is no delivery.");

        public void OnDeliveriesEnd()
        {
        }
    }
}

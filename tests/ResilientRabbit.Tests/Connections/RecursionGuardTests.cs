using System.Buffers.Binary;
using System.Text;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>What is nested too deep for the driver's recursion does not reach it, and everything else does, unchanged.</summary>
public sealed class RecursionGuardTests
{
    private const byte MethodFrame = 1;
    private const byte HeaderFrame = 2;

    [Theory]
    [InlineData(100, true)]
    [InlineData(510, true)]
    [InlineData(600, false)]
    [InlineData(6_000, false)]
    [InlineData(26_000, false)]
    public void A_greeting_is_looked_at_although_there_is_no_secret_to_mask(int levels, bool isPassed)
        => AssertPassed(Frame(MethodFrame, [0, 10, 0, 10, 0, 9, .. Table(levels), .. LongString("PLAIN"), .. LongString("en_US")]), isPassed, piece: 16 * 1024);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16 * 1024)]
    [InlineData(int.MaxValue)]
    public void Headers_of_a_message_for_the_driver_are_looked_at_in_whatever_pieces_they_come(int piece)
    {
        AssertPassed(Headers(Table(26_000)), false, piece);
        AssertPassed(Headers(Table(400)), true, piece);
        AssertPassed(Headers(LongString("\u0001kS" + "\0\u0001\u0086\u00A0" + new string('x', 100_000))), true, piece);
        AssertPassed(Frame(HeaderFrame, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0]), true, piece);
        AssertPassed(Frame(HeaderFrame, [0, 60]), true, piece);
        AssertPassed(Frame(HeaderFrame, []), true, piece);
    }

    [Fact]
    public void A_header_of_a_size_that_nobody_agrees_to_is_refused()
    {
        byte[] start = Frame(HeaderFrame, []);
        BinaryPrimitives.WriteUInt32BigEndian(start.AsSpan(3), (uint)IncomingFrames.MaxHeader + 1);

        Assert.Throws<InvalidDataException>(() => Pass(start, int.MaxValue));
    }

    private static void AssertPassed(byte[] frame, bool isPassed, int piece)
    {
        // Something before and behind it: it begins anywhere, and what follows must not be held back.
        byte[] all = [.. FrameBytes.Heartbeat, .. frame, .. FrameBytes.Heartbeat];
        if (isPassed)
        {
            Assert.True(all.AsSpan().SequenceEqual(Pass(all, piece)));
        }
        else
        {
            Assert.Throws<InvalidDataException>(() => Pass(all, piece));
        }
    }

    /// <summary>As a stream does it: what was not used stays in front of what comes next, in a buffer of 64 KiB, and the driver takes so much at a time.</summary>
    private static byte[] Pass(byte[] sent, int piece)
    {
        const int ReadAhead = 64 * 1024;
        var frames = new IncomingFrames(IncomingFrames.UsualMaxContent);
        var passed = new MemoryStream();
        byte[] free = new byte[Math.Min(piece, 4096)];
        List<byte> buffer = [];
        int at = 0;
        while (at < sent.Length || buffer.Count > 0 || frames.HasHeld)
        {
            int more = Math.Min(Math.Min(piece, ReadAhead - buffer.Count), sent.Length - at);
            buffer.AddRange(sent[at..(at + more)]);
            at += more;
            while (true)
            {
                int used = frames.Transfer(buffer.ToArray(), free, out int written);
                buffer.RemoveRange(0, used);
                passed.Write(free, 0, written);
                if (written == 0)
                {
                    break;
                }
            }

            Assert.True(more > 0 || buffer.Count == 0, "Nothing moves any more.");
        }

        return passed.ToArray();
    }

    private static byte[] Headers(byte[] table) => Frame(HeaderFrame, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0x20, 0, .. table]);

    private static byte[] Frame(byte type, byte[] payload) => [type, 0, 1, .. Long(payload.Length), .. payload, 0xCE];

    private static byte[] LongString(string text) => [.. Long(text.Length), .. Encoding.Latin1.GetBytes(text)];

    private static byte[] Long(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>A table with one entry: lists in lists.</summary>
    private static byte[] Table(int levels)
    {
        byte[] nested = [.. Enumerable.Range(0, levels).SelectMany(level => (byte[])[(byte)'A', .. Long((levels - level - 1) * 5)])];
        return [.. Long(2 + nested.Length), 1, (byte)'n', .. nested];
    }
}

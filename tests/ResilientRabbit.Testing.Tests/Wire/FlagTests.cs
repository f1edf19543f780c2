using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Wire;

/// <summary>Bits share an octet: each one alone must come back at its own place.</summary>
public sealed class FlagTests
{
    [Fact]
    public void Each_flag_of_queue_declare_is_itself()
    {
        for (int bit = 0; bit < 5; bit++)
        {
            var sent = new AmqpQueue.Declare("q", bit == 0, bit == 1, bit == 2, bit == 3, bit == 4, []);

            AmqpQueue.Declare read = FrameCutter.Cut(AmqpFrames.Method(1, sent), out _)[0].Read<AmqpQueue.Declare>();

            Assert.Equal(sent with { Arguments = read.Arguments }, read);
        }
    }

    [Fact]
    public void Each_flag_of_basic_nack_is_itself()
    {
        AmqpBasic.Nack multiple = new(5, Multiple: true, Requeue: false);
        AmqpBasic.Nack requeue = new(5, Multiple: false, Requeue: true);

        Assert.Equal(multiple, FrameCutter.Cut(AmqpFrames.Method(1, multiple), out _)[0].Read<AmqpBasic.Nack>());
        Assert.Equal(requeue, FrameCutter.Cut(AmqpFrames.Method(1, requeue), out _)[0].Read<AmqpBasic.Nack>());
    }

    [Fact]
    public void The_short_way_of_writing_an_ack_writes_the_same_bytes()
    {
        using var writer = new WireWriter();
        writer.WriteAck(513, 0x0102030405060708, multiple: true);

        Assert.Equal(AmqpFrames.Ack(513, 0x0102030405060708, multiple: true).ToArray(), writer.Written.ToArray());
    }
}

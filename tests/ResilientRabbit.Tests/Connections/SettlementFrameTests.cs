using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>Our settlements are byte for byte those of the driver.</summary>
public sealed class SettlementFrameTests
{
    [Theory]
    [InlineData(1UL, false, 1)]
    [InlineData(500UL, true, 7)]
    [InlineData(ulong.MaxValue, true, 0xfffe)]
    public void An_ack_is_as_the_driver_writes_it(ulong tag, bool multiple, int channel)
    {
        byte[] frame = new byte[SettlementFrame.Size];

        SettlementFrame.WriteAck(frame, channel, tag, multiple);

        Assert.Equal(DriverSerializer.WriteMethod("BasicAck", (ushort)channel, tag, multiple), frame);
    }

    [Theory]
    [InlineData(1UL, false)]
    [InlineData(500UL, true)]
    public void A_nack_is_as_the_driver_writes_it(ulong tag, bool requeue)
    {
        byte[] frame = new byte[SettlementFrame.Size];

        SettlementFrame.WriteNack(frame, 3, tag, requeue);

        Assert.Equal(DriverSerializer.WriteMethod("BasicNack", 3, tag, false, requeue), frame);
    }
}

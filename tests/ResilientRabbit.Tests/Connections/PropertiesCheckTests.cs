using RabbitMQ.Client;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

/// <summary>What is let through, the driver can decode; what the driver writes, is let through.</summary>
public sealed class PropertiesCheckTests
{
    [Fact]
    public void Everything_that_the_driver_writes_is_readable()
    {
        Assert.True(PropertiesCheck.IsReadable(Encode(Rich())));
        Assert.True(PropertiesCheck.IsReadable(Encode(new BasicProperties())));
        Assert.True(PropertiesCheck.IsReadable(Encode(new BasicProperties { MessageId = "", Type = "t", ClusterId = "c" })));
        Assert.True(PropertiesCheck.IsReadable([]));
    }

    [Fact]
    public void Nothing_that_is_let_through_makes_the_driver_throw()
    {
        byte[] whole = Encode(Rich());
        var random = new Random(1);
        int readable = 0;
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = whole[..(random.Next(4) == 0 ? random.Next(2, whole.Length) : whole.Length)];
            for (int flips = random.Next(3); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            if (PropertiesCheck.IsReadable(bytes))
            {
                readable++;
                _ = new ReadOnlyBasicProperties(bytes).Headers;
            }
            else
            {
                refused++;
            }
        }

        Assert.True(readable > 2000 && refused > 2000, $"{readable} readable, {refused} refused");
    }

    [Theory]
    [InlineData(PropertiesCheck.MaxDepth, true)]
    [InlineData(PropertiesCheck.MaxDepth + 1, false)]
    [InlineData(10_000, false)]
    public void Tables_within_tables_have_an_end(int levels, bool expected)
    {
        byte[] table = [0, 0, 0, 0];
        for (int level = 1; level < levels; level++)
        {
            int size = table.Length + 3;
            table = [(byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size, 1, (byte)'n', (byte)'F', .. table];
        }

        Assert.Equal(expected, PropertiesCheck.IsReadable([0x20, 0, .. table]));
    }

    private static BasicProperties Rich() => new()
    {
        ContentType = "application/json",
        ContentEncoding = "utf-8",
        DeliveryMode = DeliveryModes.Persistent,
        Priority = 4,
        CorrelationId = "correlation",
        ReplyTo = "reply",
        Expiration = "60000",
        MessageId = "4711",
        Timestamp = new AmqpTimestamp(1_700_000_000),
        Type = "order",
        UserId = "guest",
        AppId = "shop",
        ClusterId = "cluster",
        Headers = new Dictionary<string, object?>(StringComparer.Ordinal)
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
            ["list"] = new List<object?> { 1, "two", null, new List<object?> { 3L } },
            ["empty"] = new List<object?>(),
            ["table"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["inner"] = 1L, ["list"] = new List<object?> { false } },
        },
    };

    private static byte[] Encode(IAmqpHeader properties)
    {
        byte[] bytes = new byte[properties.GetRequiredBufferSize()];
        return bytes[..properties.WriteTo(bytes)];
    }
}

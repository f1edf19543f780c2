using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using RabbitMQ.Client;
using Xunit;

namespace ResilientRabbit.Testing.Tests;

/// <summary>Clients that break the rules get RabbitMQ's answer, and the broker serves the next one as if nothing had been.</summary>
public sealed class HostileClientTests
{
    [Theory]
    [InlineData("HTTP/1.1")]
    [InlineData("AMQP\0\u0001\0\0")]
    [InlineData("AMQP\u0003\u0001\0\0")]
    public async Task A_wrong_protocol_header_is_answered_with_the_right_one(string header)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using TcpClient client = new();
        await client.ConnectAsync(broker.Host, broker.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(header));

        byte[] answer = await ReadToEndAsync(client.GetStream());

        Assert.Equal("AMQP\0\0\u0009\u0001"u8.ToArray(), answer);
        await ServesAsync(broker);
    }

    [Theory]
    [InlineData("02 0001 0000000E 003C 0000 0000000000000001 0000 CE", 505)] // a content header without a method
    [InlineData("03 0001 00000001 00 CE", 505)] // a body without a method
    [InlineData("01 0001 00000004 003C 0046 00", 501)] // a frame that ends wrongly
    [InlineData("01 0001 7FFFFFFF 00", 501)] // larger than negotiated
    [InlineData("01 0001 FFFFFFFF 00", 501)]
    [InlineData("09 0001 00000003 616263 CE", 501)] // a frame of no known type
    [InlineData("08 0001 00000000 CE", 505)] // a heartbeat on a channel
    [InlineData("01 0001 00000001 00 CE", 501)] // too short for a method
    [InlineData("01 0001 00000005 003C 0046 00 CE", 501)] // fields that end early
    [InlineData("01 0001 0000000A 003C 0046 0000 0161 00 00 CE", 501)] // more bytes than fields
    [InlineData("01 0002 00000009 003C 0046 0000 0161 00 CE", 504)] // a channel never opened
    [InlineData("01 0000 00000009 003C 0046 0000 0161 00 CE", 504)] // a method of a channel on channel 0
    [InlineData("01 0001 00000005 0014 000A 00 CE", 504)] // channel.open again
    [InlineData("01 0001 0000000A 003C 0028 0000 00 0161 00 CE 01 0001 00000009 003C 0046 0000 0161 00 CE", 505)] // a method instead of the content
    [InlineData("01 0001 0000000A 003C 0028 0000 00 0161 00 CE 02 0001 0000000E 003C 0000 0000000000000001 FFFF CE 03 0001 00000001 00 CE", 541)] // properties that are none
    [InlineData("01 0001 0000000A 003C 0028 0000 00 0161 00 CE 02 0001 0000000E 003C 0000 0000000000000001 0000 CE 03 0001 00000002 0000 CE", 501)] // more body than declared
    public async Task A_broken_frame_closes_the_connection_with_its_code(string bytes, int code)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using TcpClient client = new();
        NetworkStream stream = await OpenAsync(client, broker);
        await stream.WriteAsync(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));

        byte[] frame = await ReadFrameAsync(stream);

        Assert.Equal(1, frame[0]);
        Assert.Equal(0, BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(1)));
        Assert.Equal((10 << 16) | 50, BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(7)));
        Assert.Equal(code, BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(11)));
        await ServesAsync(broker);
        Assert.Empty(broker.Errors);
    }

    [Fact]
    public async Task A_declared_body_of_any_size_costs_nothing_before_it_comes()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        using TcpClient client = new();
        NetworkStream stream = await OpenAsync(client, broker);
        await stream.WriteAsync(Convert.FromHexString("01" + "0001" + "0000000A" + "003C0028" + "0000" + "00" + "0161" + "00" + "CE"));
        await stream.WriteAsync(Convert.FromHexString("02" + "0001" + "0000000E" + "003C0000" + "FFFFFFFFFFFFFFFF" + "0000" + "CE"));

        await ServesAsync(broker);

        Assert.Empty(broker.Errors);
    }

    [Fact]
    public async Task Random_bytes_of_many_clients_leave_the_broker_as_it_was()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        Random random = new(20261122);
        for (int i = 0; i < 200; i++)
        {
            using TcpClient client = new();
            NetworkStream stream = i % 2 == 0 ? await OpenAsync(client, broker) : await ConnectAsync(client, broker);
            byte[] noise = new byte[random.Next(1, 400)];
            random.NextBytes(noise);
            if (i % 4 == 0)
            {
                // A frame that is one, with random fields.
                (noise[0], noise[1], noise[2]) = (1, 0, 1);
                int length = Math.Max(4, noise.Length - 8);
                byte[] framed = new byte[length + 8];
                noise.AsSpan(0, Math.Min(noise.Length, framed.Length)).CopyTo(framed);
                BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(3), length);
                BinaryPrimitives.WriteUInt16BigEndian(framed.AsSpan(7), (ushort)(10 * random.Next(1, 10)));
                BinaryPrimitives.WriteUInt16BigEndian(framed.AsSpan(9), (ushort)(10 * random.Next(1, 13)));
                framed[^1] = 0xCE;
                noise = framed;
            }

            try
            {
                await stream.WriteAsync(noise);
            }
            catch (IOException)
            {
                // The broker was faster.
            }
        }

        await ServesAsync(broker);
        await broker.WaitForAsync(static b => b.Connections().Count == 0, PlainDriver.Bound);
        Assert.Empty(broker.Errors);
    }

    private static async Task ServesAsync(TestBroker broker)
    {
        await using IConnection connection = await PlainDriver.ConnectAsync(broker);
        await using IChannel channel = await PlainDriver.ConfirmingAsync(connection);
        await PlainDriver.DeclareAsync(channel, "served");
        await PlainDriver.PublishAsync(channel, "served", "m");
    }

    private static async Task<NetworkStream> ConnectAsync(TcpClient client, TestBroker broker)
    {
        await client.ConnectAsync(broker.Host, broker.Port);
        return client.GetStream();
    }

    /// <summary>Goes through the handshake and opens channel 1.</summary>
    private static async Task<NetworkStream> OpenAsync(TcpClient client, TestBroker broker)
    {
        NetworkStream stream = await ConnectAsync(client, broker);
        await stream.WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray());
        await ReadFrameAsync(stream);
        await stream.WriteAsync(Method([0, 10, 0, 11, 0, 0, 0, 0, 5, .. "PLAIN"u8, 0, 0, 0, 12, 0, .. "guest"u8, 0, .. "guest"u8, 0]));
        await ReadFrameAsync(stream);
        await stream.WriteAsync(Method([0, 10, 0, 31, 0x07, 0xFF, 0, 2, 0, 0, 0, 0]));
        await stream.WriteAsync(Method([0, 10, 0, 40, 1, (byte)'/', 0, 0]));
        await ReadFrameAsync(stream);
        await stream.WriteAsync(Method([0, 20, 0, 10, 0], channel: 1));
        await ReadFrameAsync(stream);
        return stream;
    }

    private static byte[] Method(byte[] payload, byte channel = 0) => [1, 0, channel, 0, 0, (byte)(payload.Length >> 8), (byte)payload.Length, .. payload, 0xCE];

    private static async Task<byte[]> ReadFrameAsync(NetworkStream stream)
    {
        byte[] header = new byte[7];
        await stream.ReadExactlyAsync(header).AsTask().WaitAsync(PlainDriver.Bound);
        byte[] rest = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(3)) + 1];
        await stream.ReadExactlyAsync(rest).AsTask().WaitAsync(PlainDriver.Bound);
        return [.. header, .. rest];
    }

    private static async Task<byte[]> ReadToEndAsync(NetworkStream stream)
    {
        using MemoryStream all = new();
        await stream.CopyToAsync(all).WaitAsync(PlainDriver.Bound);
        return all.ToArray();
    }
}

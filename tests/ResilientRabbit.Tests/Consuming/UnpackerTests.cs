using System.Buffers;
using System.Text;
using RabbitMQ.Client;
using ResilientRabbit.Connections;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class UnpackerTests : IDisposable
{
    private readonly FakeOrigin _origin = new(new SubscriptionCounters(), TimeProvider.System);

    public void Dispose() => _origin.Dispose();

    [Fact]
    public void A_batch_in_Springs_layout_is_taken_apart_byte_for_byte()
    {
        List<Delivery> members = Unpack([0, 0, 0, 2, (byte)'a', (byte)'b', 0, 0, 0, 0, 0, 0, 0, 1, 7], out string? fault);

        Assert.Null(fault);
        Assert.Equal([[(byte)'a', (byte)'b'], [], [7]], members.Select(static member => member.Message.Body.ToArray()));
        Assert.All(members, static member => Assert.Equal(("orders", "shop", "eu", true), (member.Message.Queue, member.Message.Exchange, member.Message.RoutingKey, member.Message.Redelivered)));
        Assert.All(members, static member => Assert.Equal("application/json", member.Message.Properties.ContentType));
        Assert.All(members, static member => Assert.Equal(["tenant"], member.Message.Headers.Keys));
    }

    [Fact]
    public void Without_ids_of_their_own_the_messages_are_told_by_their_place()
    {
        string[] ids = [.. Unpack([0, 0, 0, 0, 0, 0, 0, 0], out _).Select(static member => member.Message.MessageId!)];

        Assert.Equal(["4711/0", "4711/1"], ids);
        Assert.Null(Assert.Single(Unpack([0, 0, 0, 0], out _, messageId: new string('x', 255))).Message.MessageId);
        Assert.Null(Assert.Single(Unpack([0, 0, 0, 0], out _, messageId: null)).Message.MessageId);
    }

    [Fact]
    public void Ids_of_their_own_are_read()
    {
        byte[] ids = [0, 3, (byte)'a', (byte)'b', (byte)'1', 2, 1, (byte)'2', 3, 0, 0, 0];

        List<Delivery> members = Unpack(new byte[16], out _, ids: ids);

        Assert.Equal(["ab1", "ab2", "ab1", ""], members.Select(static member => member.Message.MessageId));
        Assert.Equal("ab2", members[1].Message.Properties.MessageId);
    }

    [Theory]
    [InlineData(new byte[0], "The batch has nothing in it.")]
    [InlineData(new byte[] { 0, 0, 0 }, "The batch ends within a length, at byte 0.")]
    [InlineData(new byte[] { 0, 0, 0, 1, 9, 0 }, "The batch ends within a length, at byte 5.")]
    [InlineData(new byte[] { 0, 0, 0, 2, 9 }, "The batch has 1 bytes left at byte 4 and a message of 2 bytes.")]
    [InlineData(new byte[] { 0x7F, 0xFF, 0xFF, 0xFF, 9 }, "The batch has 1 bytes left at byte 4 and a message of 2147483647 bytes.")]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 9 }, "The batch has 1 bytes left at byte 4 and a message of -1 bytes.")]
    [InlineData(new byte[] { 0x80, 0, 0, 0 }, "The batch has 0 bytes left at byte 4 and a message of -2147483648 bytes.")]
    public void A_batch_whose_lengths_lie_is_not_taken_apart(byte[] body, string reason)
    {
        Assert.Empty(Unpack(body, out string? fault));
        Assert.Equal(reason, fault);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 1, 65 })]
    [InlineData(new byte[] { 0, 1, 65, 0, 1, 66, 0 })]
    [InlineData(new byte[] { 1, 1, 65, 0, 1, 66 })]
    [InlineData(new byte[] { 0, 1, 65, 2, 1, 66 })]
    [InlineData(new byte[] { 0, 1, 65, 1, 255, 66 })]
    public void Ids_that_do_not_fit_are_a_fault(byte[] ids)
    {
        Assert.Empty(Unpack(new byte[8], out string? fault, ids: ids));
        Assert.Equal("The header x-pack-ids does not hold the ids of 2 messages.", fault);
    }

    [Fact]
    public void More_messages_than_a_batch_may_have_are_a_fault_and_cost_no_memory()
    {
        byte[] body = new byte[4 * (PackFormat.MaxMessages + 1)];

        // Once before: the first formatting of a number allocates for the whole process.
        Assert.Contains("more than 10000", PackFormat.Check(body, out _), StringComparison.Ordinal);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = PackFormat.Check(body, out _);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
        Assert.Null(PackFormat.Check(body.AsSpan(4), out int count));
        Assert.Equal(PackFormat.MaxMessages, count);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("lengthHeader2")]
    public void What_does_not_name_the_layout_is_a_message(string? format)
    {
        // The name may occur in a value as well.
        IncomingDelivery delivery = Incoming([0, 0, 0, 0], format, "springBatchFormat", null);

        Assert.Null(Unpacker.PropertiesOf(delivery));
    }

    [Fact]
    public void Random_bytes_never_throw_and_never_reach_beyond_the_body()
    {
        var random = new Random(4711);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] body = new byte[random.Next(40)];
            byte[] ids = new byte[random.Next(20)];
            random.NextBytes(body);
            random.NextBytes(ids);
            for (int index = 0; index < body.Length; index++)
            {
                body[index] = random.Next(3) == 0 ? body[index] : (byte)(index % 4 == 3 ? random.Next(4) : 0);
            }

            foreach (Delivery member in Unpack(body, out _, ids: random.Next(2) == 0 ? ids : null))
            {
                Assert.InRange(member.Message.Body.Length, 0, body.Length);
                Assert.InRange(Encoding.UTF8.GetByteCount(member.Message.MessageId ?? ""), 0, 3 * PackIds.MaxIdSize);
            }
        }
    }

    private List<Delivery> Unpack(byte[] body, out string? fault, byte[]? ids = null, string? messageId = "4711")
    {
        IncomingDelivery incoming = Incoming(body, "lengthHeader4", messageId, ids);
        List<Delivery> members = [];
        Pack? pack = Unpacker.Unpack(incoming, Unpacker.PropertiesOf(incoming)!, _origin, "orders", members, out fault);
        Assert.Equal(fault is null, pack is not null);
        Assert.Equal(pack?.Messages ?? 0, members.Count);
        return members;
    }

    internal static IncomingDelivery Incoming(byte[] body, string? format, string? messageId, byte[]? ids)
    {
        var properties = new BasicProperties { MessageId = messageId, ContentType = "application/json", Headers = new Dictionary<string, object?> { ["tenant"] = "a" } };
        if (format is not null)
        {
            properties.Headers["springBatchFormat"] = format;
            properties.Headers["amqp_batchSize"] = 3;
            properties.Headers["x-publish-id"] = 17L;
        }

        if (ids is not null)
        {
            properties.Headers["x-pack-ids"] = new BinaryTableValue(ids);
        }

        byte[] encoded = new byte[((IAmqpHeader)properties).GetRequiredBufferSize()];
        ((IAmqpHeader)properties).WriteTo(encoded);
        byte[] rented = ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length));
        body.CopyTo(rented, 0);
        return new IncomingDelivery(1, true, "ctag", "shop", "eu", encoded, PropertiesCheck.IsReadable(encoded), rented, body.Length);
    }
}

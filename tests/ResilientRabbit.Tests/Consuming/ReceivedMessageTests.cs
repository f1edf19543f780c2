using System.Text;
using RabbitMQ.Client;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class ReceivedMessageTests
{
    public static TheoryData<object?, int> AttemptHeaders => new()
    {
        { 3, 3 },
        { 3L, 3 },
        { (short)3, 3 },
        { "3", 3 },
        { Encoding.UTF8.GetBytes("3"), 3 },
        { "three", 1 },
        { -3, 1 },
        { long.MaxValue, 1 },
        { null, 1 },
        { new List<object?>(), 1 },
    };

    [Theory]
    [MemberData(nameof(AttemptHeaders))]
    public void The_attempt_is_read_from_whatever_the_header_holds(object? header, int attempt) =>
        Assert.Equal(attempt, Message(new BasicProperties { Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x-delivery-attempt"] = header } }).Attempt);

    [Fact]
    public void Header_text_is_read_from_bytes_and_numbers()
    {
        ReceivedMessage message = Message(new BasicProperties
        {
            Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { ["bytes"] = "größe"u8.ToArray(), ["number"] = 4.5, ["list"] = new List<object?> { 1 } },
        });

        Assert.Equal("größe", message.GetHeaderText("bytes"));
        Assert.Equal("4.5", message.GetHeaderText("number"));
        Assert.Null(message.GetHeaderText("list"));
        Assert.Null(message.GetHeaderText("none"));
    }

    [Fact]
    public void The_text_form_shows_ids_and_sizes_and_no_content()
    {
        string text = new ReceivedMessage("secret"u8.ToArray(), new MessageProperties { MessageId = "4711" }) { Queue = "orders" }.ToString();

        Assert.Equal("orders: message 4711, attempt 1, 6 bytes", text);
    }

    [Fact]
    public void The_body_cannot_be_read_after_the_handler_has_returned()
    {
        var message = new ReceivedMessage("x"u8.ToArray());

        message.Release();

        Assert.Throws<ObjectDisposedException>(() => message.Body);
    }

    [Fact]
    public void Unreadable_properties_are_left_out()
    {
        MessageProperties properties = Message(new BasicProperties { Expiration = "soon", Timestamp = new AmqpTimestamp(long.MaxValue), MessageId = "1" }).Properties;

        Assert.Null(properties.Expiration);
        Assert.Null(properties.Timestamp);
        Assert.Equal("1", properties.MessageId);
    }

    private static ReceivedMessage Message(BasicProperties properties) => new(ReadOnlyMemory<byte>.Empty, properties);
}

using System.Collections;
using RabbitMQ.Client;
using ResilientRabbit.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Properties and headers arrive whole, are copied at the call, and the caller's objects are never changed.</summary>
public sealed class MessageCopyTests
{
    [Fact]
    public async Task All_properties_are_sent()
    {
        WrittenMessage written = await SendAsync(new MessageProperties
        {
            MessageId = "my-id",
            CorrelationId = "correlation",
            ContentType = "text/plain",
            ContentEncoding = "utf-8",
            ReplyTo = "replies",
            Type = "order",
            AppId = "shop",
            UserId = "guest",
            Expiration = TimeSpan.FromSeconds(1.5),
            Priority = 7,
            Timestamp = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
            Persistent = false,
        });

        IReadOnlyBasicProperties properties = written.Properties;
        Assert.Equal(("my-id", "correlation", "text/plain", "utf-8", "replies"), (properties.MessageId, properties.CorrelationId, properties.ContentType, properties.ContentEncoding, properties.ReplyTo));
        Assert.Equal(("order", "shop", "guest", "1500", (byte)7, 1_700_000_000L), (properties.Type, properties.AppId, properties.UserId, properties.Expiration, properties.Priority, properties.Timestamp.UnixTime));
        Assert.Equal(DeliveryModes.Transient, properties.DeliveryMode);
    }

    [Fact]
    public async Task Absent_properties_are_absent_also_on_a_reused_object()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();
        var full = new MessageProperties { CorrelationId = "c", Priority = 1, Timestamp = DateTimeOffset.UnixEpoch, Expiration = TimeSpan.Zero, Type = "t" };
        full.Headers["mine"] = 1;
        for (int round = 0; round < 20; round++)
        {
            await Confirmed(harness.Publisher.PublishAsync("orders", "eu", default, full).AsTask());
            await Confirmed(harness.Publisher.PublishAsync("orders", "eu", default).AsTask());
        }

        foreach (IReadOnlyBasicProperties properties in session.Writes.Where(static (_, index) => index % 2 == 1).Select(static message => message.Properties))
        {
            Assert.False(properties.IsCorrelationIdPresent() || properties.IsPriorityPresent() || properties.IsTimestampPresent() || properties.IsExpirationPresent() || properties.IsTypePresent());
            Assert.Equal([PublishChannel.PublishIdHeader], properties.Headers!.Keys);
        }
    }

    [Fact]
    public async Task Headers_of_all_known_types_are_sent()
    {
        var properties = new MessageProperties();
        object?[] values = [null, true, (byte)1, (sbyte)1, (short)1, (ushort)1, 1, 1U, 1L, 1F, 1D, 1M, "text", new AmqpTimestamp(1)];
        for (int index = 0; index < values.Length; index++)
        {
            properties.Headers["h" + index] = values[index];
        }

        properties.Headers["bytes"] = new byte[] { 1, 2 };
        properties.Headers["binary"] = new BinaryTableValue([3]);
        properties.Headers["list"] = new[] { 1, 2 };
        properties.Headers["table"] = new Hashtable { ["inner"] = "value" };

        Dictionary<string, object?> sent = (await SendAsync(properties)).Headers;

        Assert.Equal(values, Enumerable.Range(0, values.Length).Select(index => sent["h" + index]));
        Assert.Equal(new byte[] { 1, 2 }, sent["bytes"]);
        Assert.Equal([3], Assert.IsType<BinaryTableValue>(sent["binary"]).Bytes);
        Assert.Equal(new object[] { 1, 2 }, Assert.IsAssignableFrom<IEnumerable<object?>>(sent["list"]));
        Assert.Equal("value", Assert.IsAssignableFrom<IDictionary<string, object?>>(sent["table"])["inner"]);
    }

    [Fact]
    public async Task The_callers_headers_are_never_changed()
    {
        var inner = new Dictionary<string, object?>(StringComparer.Ordinal) { ["x"] = 1 };
        var properties = new MessageProperties();
        properties.Headers["mine"] = inner;
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        Task<PublishReceipt> task = harness.Publisher.PublishAsync("orders", "eu", default, properties).AsTask();
        await first.WrittenAsync(1);
        first.Kill();
        harness.OpenAcking();
        await Confirmed(task);

        Assert.Same(inner, Assert.Single(properties.Headers).Value);
        Assert.Equal(1, Assert.Single(inner).Value);
        Assert.Null(properties.MessageId);
    }

    [Fact]
    public async Task Headers_and_properties_are_copied_deeply_at_the_call()
    {
        byte[] bytes = [1];
        var list = new List<object?> { "old" };
        var table = new Dictionary<string, object?>(StringComparer.Ordinal) { ["key"] = "old" };
        var properties = new MessageProperties { CorrelationId = "old" };
        properties.Headers["bytes"] = bytes;
        properties.Headers["list"] = list;
        properties.Headers["table"] = table;
        await using var harness = new PublisherHarness();
        Task<PublishReceipt> task = harness.Publisher.PublishAsync("orders", "eu", default, properties).AsTask();

        bytes[0] = 2;
        list[0] = "new";
        table["key"] = "new";
        properties.CorrelationId = "new";
        properties.Headers["late"] = 1;
        FakePublishSession session = harness.OpenAcking();
        await Confirmed(task);

        WrittenMessage written = session.Writes[0];
        Assert.Equal("old", written.Properties.CorrelationId);
        Assert.Equal(new byte[] { 1 }, written.Headers["bytes"]);
        Assert.Equal(new object[] { "old" }, Assert.IsAssignableFrom<IEnumerable<object?>>(written.Headers["list"]));
        Assert.Equal("old", Assert.IsAssignableFrom<IDictionary<string, object?>>(written.Headers["table"])["key"]);
        Assert.False(written.Headers.ContainsKey("late"));
    }

    [Fact]
    public async Task Names_that_belong_to_the_sdk_cannot_be_forged()
    {
        var properties = new MessageProperties();
        properties.Headers["x-publish-id"] = 99L;
        properties.Headers["x-publish-attempt"] = 99;
        properties.Headers["x-publish-other"] = 99;
        properties.Headers["mine"] = 1;

        Dictionary<string, object?> sent = (await SendAsync(properties)).Headers;

        Assert.Equal(["mine", "x-publish-id"], sent.Keys.Order(StringComparer.Ordinal));
        Assert.NotEqual(99L, sent["x-publish-id"]);
    }

    [Fact]
    public async Task The_defaults_come_from_the_options_and_a_message_may_override_them()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { Persistent = false, Mandatory = false });
        FakePublishSession session = harness.OpenAcking();

        await Confirmed(harness.Publish("a"));
        await Confirmed(harness.Publisher.PublishAsync(Message("b") with { Mandatory = true, Properties = new MessageProperties { Persistent = true } }).AsTask());

        Assert.Equal([(false, false), (true, true)], session.Writes.Select(static message => (message.Mandatory, message.Properties.Persistent)));
    }

    private static async Task<WrittenMessage> SendAsync(MessageProperties properties)
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.OpenAcking();
        await Confirmed(harness.Publisher.PublishAsync("orders", "eu", default, properties).AsTask());
        return Assert.Single(session.Writes);
    }
}

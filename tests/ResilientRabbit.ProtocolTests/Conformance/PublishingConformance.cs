using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.ProtocolTests.Raw;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>basic.publish, confirms and returns.</summary>
public sealed class PublishingConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task A_message_arrives_with_all_its_properties(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        await bench.PublishAsync("", queue, "hello", static properties =>
        {
            properties.AppId = "app";
            properties.ClusterId = "cluster";
            properties.ContentEncoding = "utf-8";
            properties.ContentType = "text/plain";
            properties.CorrelationId = "correlation";
            properties.DeliveryMode = DeliveryModes.Persistent;
            properties.Expiration = "60000";
            properties.MessageId = "message";
            properties.Priority = 7;
            properties.ReplyTo = "reply";
            properties.Timestamp = new AmqpTimestamp(1234567890);
            properties.Type = "type";
            properties.UserId = "guest";
            properties.Headers = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["text"] = "value",
                ["bytes"] = new byte[] { 1, 2, 3 },
                ["int"] = 42,
                ["long"] = long.MaxValue,
                ["bool"] = true,
                ["double"] = 1.5,
                ["null"] = null,
                ["list"] = new List<object?> { "a", 1 },
                ["table"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["inner"] = (short)3 },
                ["time"] = new AmqpTimestamp(99),
            };
        });
        BasicGetResult result = await bench.GetAsync(queue);

        IReadOnlyBasicProperties properties = result.BasicProperties;
        Assert.Equal("hello", Bench.Text(result));
        Assert.Equal(
            ("app", "cluster", "utf-8", "text/plain", "correlation", "60000", "message", "reply", "type", "guest"),
            (properties.AppId, properties.ClusterId, properties.ContentEncoding, properties.ContentType, properties.CorrelationId, properties.Expiration, properties.MessageId, properties.ReplyTo, properties.Type, properties.UserId));
        Assert.Equal((DeliveryModes.Persistent, (byte)7, 1234567890L), (properties.DeliveryMode, properties.Priority, properties.Timestamp.UnixTime));
        IDictionary<string, object?> headers = properties.Headers!;
        Assert.Equal("value"u8.ToArray(), headers["text"]);
        Assert.Equal(new byte[] { 1, 2, 3 }, headers["bytes"]);
        Assert.Equal((42, long.MaxValue, true, 1.5, null), (headers["int"], headers["long"], headers["bool"], headers["double"], headers["null"]));
        Assert.Equal(["a"u8.ToArray(), 1], Assert.IsType<List<object?>>(headers["list"]));
        Assert.Equal((short)3, Assert.IsType<Dictionary<string, object?>>(headers["table"])["inner"]);
        Assert.Equal(new AmqpTimestamp(99), headers["time"]);
        Assert.Equal(10, headers.Count);
    }

    [Theory, BothBrokers]
    public async Task An_empty_body_arrives_empty(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        await bench.PublishAsync("", queue, "");
        BasicGetResult result = await bench.GetAsync(queue);

        Assert.Equal(0, result.Body.Length);
    }

    [Theory]
    [BothBrokers(131064)]
    [BothBrokers(131065)]
    [BothBrokers(1_000_000)]
    public async Task A_body_of_several_frames_arrives_whole(string broker, int size)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        byte[] body = new byte[size];
        new Random(size).NextBytes(body);

        await bench.Channel.BasicPublishAsync("", queue, body);
        BasicGetResult result = await bench.GetAsync(queue);

        Assert.Equal(body, result.Body.ToArray());
    }

    [Theory, BothBrokers]
    public async Task Every_publish_of_a_confirming_channel_is_acked_once(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        for (int number = 0; number < 200; number++)
        {
            await recorder.PublishAsync("", queue, "m");
        }

        Assert.Equal(Enumerable.Repeat("ack", 200), await recorder.OutcomesAsync());
        Assert.Equal(200u, await bench.CountAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task The_drivers_own_tracking_completes_each_publish(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        IChannel channel = await bench.Connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => channel.BasicPublishAsync("", queue, "m"u8.ToArray()).AsTask())).WaitAsync(Bench.Patience);

        Assert.Equal(50u, await bench.CountAsync(queue));
        await Assert.ThrowsAsync<RabbitMQ.Client.Exceptions.PublishException>(() => channel.BasicPublishAsync("", bench.Name("nowhere"), mandatory: true, "m"u8.ToArray()).AsTask());
    }

    [Theory, BothBrokers]
    public async Task Sequence_numbers_start_at_one_on_each_channel(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        foreach (IChannel channel in new[] { await bench.NewConfirmChannelAsync(), await bench.NewConfirmChannelAsync() })
        {
            var first = new TaskCompletionSource<ulong>(TaskCreationOptions.RunContinuationsAsynchronously);
            channel.BasicAcksAsync += (_, ack) =>
            {
                first.TrySetResult(ack.DeliveryTag);
                return Task.CompletedTask;
            };
            await channel.BasicPublishAsync("", queue, "m"u8.ToArray());
            Assert.Equal(1ul, await first.Task.WaitAsync(Bench.Patience));
        }
    }

    [Theory, BothBrokers]
    public async Task An_unroutable_message_is_acked_when_it_is_not_mandatory(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        await recorder.PublishAsync("", bench.Name("nowhere"), "m");

        Assert.Equal(["ack"], await recorder.OutcomesAsync());
        Assert.Empty(recorder.Returned);
    }

    [Theory, BothBrokers]
    public async Task An_unroutable_mandatory_message_is_returned_and_then_acked(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = await bench.ExchangeAsync("direct");
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        await recorder.PublishAsync(exchange, "a", "first", mandatory: true, static properties => properties.MessageId = "1");
        await recorder.OutcomesAsync();
        await recorder.PublishAsync(exchange, "b", "second", mandatory: true, static properties => properties.MessageId = "2");

        Assert.Equal(["ack", "ack"], await recorder.OutcomesAsync());
        Assert.Equal(["return", "ack", "return", "ack"], recorder.Events);
        Assert.Equal(
            [new ReturnedMessage(312, "NO_ROUTE", exchange, "a", "first", "1"), new ReturnedMessage(312, "NO_ROUTE", exchange, "b", "second", "2")],
            recorder.Returned);
    }

    [Theory, BothBrokers]
    public async Task A_mandatory_message_is_returned_also_without_confirms(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        var recorder = new ConfirmRecorder(await bench.NewChannelAsync());

        await recorder.PublishAsync("", bench.Name("nowhere"), "m", mandatory: true);

        await Bench.UntilAsync(() => Task.FromResult(recorder.Events.Count == 1), "the return");
        Assert.Equal(new ReturnedMessage(312, "NO_ROUTE", "", bench.Name("nowhere"), "m", null), recorder.Returned[0]);
    }

    [Theory, BothBrokers]
    public async Task A_mandatory_message_that_is_routed_is_not_returned(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        await recorder.PublishAsync("", queue, "m", mandatory: true);

        Assert.Equal(["ack"], await recorder.OutcomesAsync());
        Assert.Empty(recorder.Returned);
    }

    [Theory, BothBrokers]
    public async Task A_missing_exchange_closes_the_channel_with_404(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = bench.Name("missing");

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicPublishAsync(exchange, "a", "m"u8.ToArray()).AsTask());

        Assert.Equal(new Refusal(404, $"NOT_FOUND - no exchange '{exchange}' in vhost '/'", 60, 40), refusal);
        Assert.True(bench.Connection.IsOpen);
    }

    [Theory, BothBrokers]
    public async Task Messages_before_a_refused_publish_are_stored_and_those_after_it_are_not(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        await bench.RefusedAsync(async channel =>
        {
            await channel.BasicPublishAsync("", queue, "before"u8.ToArray());
            await channel.BasicPublishAsync(bench.Name("missing"), "a", "guilty"u8.ToArray());
            try
            {
                await channel.BasicPublishAsync("", queue, "after"u8.ToArray());
            }
            catch (AlreadyClosedException)
            {
                // The refusal was faster than this publish.
            }
        });

        await bench.WaitForCountAsync(queue, 1);
        Assert.Equal(["before"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task An_internal_exchange_takes_no_message_from_a_client(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string exchange = bench.Name("internal");
        await using RawClient raw = await bench.OpenRawAsync();
        await raw.SendMethodAsync(1, 40, 10, arguments => arguments.Short(0).ShortString(exchange).ShortString("direct").Octet(0b1100).EmptyTable());
        await raw.ExpectAsync("40.11");

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicPublishAsync(exchange, "a", "m"u8.ToArray()).AsTask());

        Assert.Equal(new Refusal(403, $"ACCESS_REFUSED - cannot publish to internal exchange '{exchange}' in vhost '/'", 60, 40), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_user_id_that_is_not_the_users_closes_the_channel_with_406(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicPublishAsync("", queue, mandatory: false, new BasicProperties { UserId = "somebody" }, "m"u8.ToArray()).AsTask());

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - user_id property set to 'somebody' but authenticated user was 'guest'", 60, 40), refusal);
    }

    [Theory]
    [BothBrokers("abc", "PRECONDITION_FAILED - invalid expiration 'abc': no_integer")]
    [BothBrokers("-1", "PRECONDITION_FAILED - invalid expiration '-1': {value_negative,-1}")]
    [BothBrokers("1.5", "PRECONDITION_FAILED - invalid expiration '1.5': {leftover_string,\".5\"}")]
    [BothBrokers("", "PRECONDITION_FAILED - invalid expiration '': no_integer")]
    [BothBrokers("3153600000001", "PRECONDITION_FAILED - invalid expiration '3153600000001': {value_too_large,3153600000001}")]
    public async Task An_expiration_that_is_no_number_closes_the_channel_with_406(string broker, string expiration, string text)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicPublishAsync("", queue, mandatory: false, new BasicProperties { Expiration = expiration }, "m"u8.ToArray()).AsTask());

        Assert.Equal(new Refusal(406, text, 60, 40), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_body_above_128_MiB_closes_the_channel_with_406(string broker)
    {
        const int Limit = 134217728;
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();

        Refusal refusal = await bench.RefusedAsync(channel => channel.BasicPublishAsync("", queue, new byte[Limit + 1]).AsTask());

        Assert.Equal(new Refusal(406, $"PRECONDITION_FAILED - message size {Limit + 1} is larger than configured max size {Limit}", 60, 40), refusal);
    }
}

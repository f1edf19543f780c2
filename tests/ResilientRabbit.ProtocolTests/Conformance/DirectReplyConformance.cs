using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>The pseudo-queue amq.rabbitmq.reply-to.</summary>
public sealed class DirectReplyConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    private const string ReplyTo = "amq.rabbitmq.reply-to";

    [Theory, BothBrokers]
    public async Task A_reply_reaches_the_channel_that_asked(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string requests = await bench.QueueAsync();
        IChannel client = await bench.NewChannelAsync();
        Recorder replies = await bench.ConsumeAsync(ReplyTo, client, autoAck: true);
        await client.BasicPublishAsync("", requests, mandatory: false, new BasicProperties { ReplyTo = ReplyTo, CorrelationId = "7" }, "question"u8.ToArray());
        BasicGetResult request = await bench.GetAsync(requests);
        string address = request.BasicProperties.ReplyTo!;
        Assert.StartsWith(ReplyTo + ".", address, StringComparison.Ordinal);

        await bench.Channel.BasicPublishAsync("", address, mandatory: true, new BasicProperties { CorrelationId = request.BasicProperties.CorrelationId }, "answer"u8.ToArray());

        Arrival reply = await replies.NextAsync();
        Assert.Equal(("answer", "7", "", address), (reply.Body, reply.Properties.CorrelationId, reply.Exchange, reply.RoutingKey));
    }

    [Theory, BothBrokers]
    public async Task Asking_without_consuming_first_closes_the_channel_with_406(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        Refusal refusal = await bench.RefusedAsync(static channel => channel.BasicPublishAsync("", "anywhere", mandatory: false, new BasicProperties { ReplyTo = ReplyTo }, "m"u8.ToArray()).AsTask());

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - fast reply consumer does not exist", 60, 40), refusal);
    }

    [Theory, BothBrokers]
    public async Task Replies_are_consumed_with_automatic_acks_only(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        Refusal refusal = await bench.RefusedAsync(static channel => channel.BasicConsumeAsync(ReplyTo, autoAck: false, new Recorder(channel)));

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - reply consumer cannot acknowledge", 60, 20), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_channel_has_one_reply_consumer(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        Refusal refusal = await bench.RefusedAsync(static async channel =>
        {
            await channel.BasicConsumeAsync(ReplyTo, autoAck: true, new Recorder(channel));
            await channel.BasicConsumeAsync(ReplyTo, autoAck: true, new Recorder(channel));
        });

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - reply consumer already set", 60, 20), refusal);
    }

    [Theory, BothBrokers]
    public async Task A_reply_to_nobody_is_returned(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string requests = await bench.QueueAsync();
        IChannel client = await bench.NewChannelAsync();
        await bench.ConsumeAsync(ReplyTo, client, autoAck: true);
        await client.BasicPublishAsync("", requests, mandatory: false, new BasicProperties { ReplyTo = ReplyTo }, "question"u8.ToArray());
        string address = (await bench.GetAsync(requests)).BasicProperties.ReplyTo!;
        await client.CloseAsync();
        var recorder = new ConfirmRecorder(await bench.NewConfirmChannelAsync());

        await Bench.UntilAsync(
            async () =>
            {
                // The broker forgets the asking channel a moment after it was closed.
                await recorder.PublishAsync("", address, "answer", mandatory: true);
                await recorder.OutcomesAsync();
                return recorder.Returned.Count > 0;
            },
            "the return");

        Assert.Equal((312, "NO_ROUTE"), (recorder.Returned[0].Code, recorder.Returned[0].Text));
    }

    [Theory, BothBrokers]
    public async Task A_passive_declare_finds_the_pseudo_queue(string broker)
    {
        await using Bench bench = await OpenAsync(broker);

        QueueDeclareOk found = await bench.Channel.QueueDeclarePassiveAsync(ReplyTo);

        Assert.Equal((ReplyTo, 0u, 1u), (found.QueueName, found.MessageCount, found.ConsumerCount));
    }
}

using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.ProtocolTests.Raw;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>tx.select, commit and rollback.</summary>
public sealed class TransactionConformance(BrokersUnderTest brokers) : ConformanceTest(brokers)
{
    [Theory, BothBrokers]
    public async Task Published_messages_appear_at_the_commit(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        IChannel channel = await bench.NewChannelAsync();
        await channel.TxSelectAsync();
        await channel.BasicPublishAsync("", queue, "m"u8.ToArray());
        await channel.QueueDeclarePassiveAsync(queue);
        Assert.Equal(0u, await bench.CountAsync(queue));

        await channel.TxCommitAsync();

        Assert.Equal(1u, await bench.CountAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task A_rollback_forgets_publishes_and_acks(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.PublishAsync("", queue, "old");
        await bench.WaitForCountAsync(queue, 1);
        IChannel channel = await bench.NewChannelAsync();
        await channel.TxSelectAsync();
        BasicGetResult result = (await channel.BasicGetAsync(queue, autoAck: false))!;
        await channel.BasicAckAsync(result.DeliveryTag, multiple: false);
        await channel.BasicPublishAsync("", queue, "new"u8.ToArray());

        await channel.TxRollbackAsync();
        await channel.CloseAsync();

        await bench.WaitForCountAsync(queue, 1);
        Assert.Equal(["old"], await bench.DrainAsync(queue));
    }

    [Theory, BothBrokers]
    public async Task Acks_take_effect_at_the_commit(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        string queue = await bench.QueueAsync();
        await bench.PublishAsync("", queue, "m");
        await bench.WaitForCountAsync(queue, 1);
        IChannel channel = await bench.NewChannelAsync();
        await channel.TxSelectAsync();
        BasicGetResult result = (await channel.BasicGetAsync(queue, autoAck: false))!;
        await channel.BasicAckAsync(result.DeliveryTag, multiple: false);
        await channel.TxCommitAsync();
        await channel.CloseAsync();

        Assert.Equal(0u, await bench.CountAsync(queue));
    }

    [Theory]
    [BothBrokers(20, "commit")]
    [BothBrokers(30, "rollback")]
    public async Task Ending_a_transaction_that_was_not_begun_closes_the_channel_with_406(string broker, int methodId, string operation)
    {
        await using Bench bench = await OpenAsync(broker);
        Assert.NotNull(operation);

        Refusal refusal = await bench.RefusedAsync(channel => operation is "commit" ? channel.TxCommitAsync() : channel.TxRollbackAsync());

        Assert.Equal(new Refusal(406, "PRECONDITION_FAILED - channel is not transactional", 90, (ushort)methodId), refusal);
    }

    [Theory, BothBrokers]
    public async Task Confirms_and_transactions_exclude_each_other(string broker)
    {
        await using Bench bench = await OpenAsync(broker);
        await using RawClient raw = await bench.OpenRawAsync();
        await raw.SendMethodAsync(1, 90, 10);
        await raw.ExpectAsync("90.11");
        await raw.SendMethodAsync(1, 85, 10, static arguments => arguments.Octet(0));
        Assert.Equal(new RawClose(406, "PRECONDITION_FAILED - cannot switch from tx to confirm mode", 85, 10), await raw.ExpectChannelCloseAsync());
        await raw.SendMethodAsync(1, 20, 41);

        await raw.OpenChannelAsync(1);
        await raw.SendMethodAsync(1, 85, 10, static arguments => arguments.Octet(0));
        await raw.ExpectAsync("85.11");
        await raw.SendMethodAsync(1, 90, 10);

        Assert.Equal(new RawClose(406, "PRECONDITION_FAILED - cannot switch from confirm to tx mode", 90, 10), await raw.ExpectChannelCloseAsync());
    }
}

using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>In which forms, orders and moments confirms come (scenarios 3 to 7, 9, 12, 13).</summary>
public sealed class ConfirmScenarios
{
    [Fact, Scenario("3", "P1,P10")]
    public async Task One_ack_with_multiple_confirms_all_messages_up_to_its_tag()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        bed.Faults.ConfirmWith(ConfirmRule.Multiple(10));

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 10));

        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        bed.AssertHonest(receipts);
        JournalEntry ack = Assert.Single(bed.Journal.Entries, static entry => entry.Method == AmqpMethod.BasicAck);
        Assert.Equal((10ul, true), (ack.DeliveryTag, ack.Multiple));
    }

    [Fact, Scenario("4", "P1,P10")]
    public async Task Acks_in_another_order_confirm_each_its_own_message()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        bed.Faults.ConfirmWith(ConfirmRule.Create(3, static frames => [frames[2], frames[0], frames[1]]));

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 30));

        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        bed.AssertHonest(receipts);
        Assert.Equal([3ul, 1ul, 2ul], bed.Journal.Entries.Where(static entry => entry.Method == AmqpMethod.BasicAck).Take(3).Select(static entry => entry.DeliveryTag!.Value));
    }

    [Fact, Scenario("4", "P1,P10")]
    public async Task An_ack_out_of_order_does_not_confirm_the_message_before_it()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(1));
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicPublish).Where(static entry => entry.MessageId is "m00000").Always().LoseConfirm();
        bed.Faults.ConfirmWith(ConfirmRule.OneByOne);

        Task<PublishReceipt>[] publishing = Bed.Publish(client, 3);

        PublishException failure = await Bed.FailsAsync(publishing[0]);
        Assert.True(lost.Fired > 0);
        Assert.Equal(PublishFailure.Unknown, failure.Failure);
        bed.AssertHonest(await Bed.AllAsync(publishing[1..]));
    }

    [Fact, Scenario("5", "P1,P10")]
    public async Task A_second_ack_of_a_tag_confirms_nothing_else()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(2));
        bed.Faults.ConfirmWith(ConfirmRule.Duplicated);
        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 20));
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicPublish).Where(static entry => entry.MessageId is "m00020").Always().LoseConfirm();

        Task<PublishReceipt> unanswered = Bed.Publish(client, 1, first: 20)[0];
        PublishReceipt[] later = await Bed.AllAsync(Bed.Publish(client, 20, first: 21));

        Assert.Equal(PublishFailure.Unknown, (await Bed.FailsAsync(unanswered)).Failure);
        Assert.True(lost.Fired > 0);
        bed.AssertHonest([.. receipts, .. later]);
        Assert.True(bed.Journal.Entries.Where(static entry => entry.Method == AmqpMethod.BasicAck).GroupBy(static entry => (entry.Connection, entry.Channel, entry.DeliveryTag)).All(static acks => acks.Count() >= 2));
    }

    [Fact, Scenario("6", "P1,P10")]
    public async Task An_ack_for_a_tag_that_was_never_used_confirms_nothing()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(2));
        bed.Faults.ConfirmWith(ConfirmRule.WithUnknownTags);
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicPublish).Where(static entry => entry.MessageId is "m00000").Always().LoseConfirm();

        Task<PublishReceipt>[] publishing = Bed.Publish(client, 20);

        PublishReceipt[] receipts = await Bed.AllAsync(publishing[1..]);
        Assert.Equal(PublishFailure.Unknown, (await Bed.FailsAsync(publishing[0])).Failure);
        Assert.True(lost.Fired > 0);
        Assert.Contains(bed.Journal.Entries, static entry => entry is { Method: AmqpMethod.BasicAck, DeliveryTag: > 1_000_000 });
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("6", "P1,P10")]
    public async Task An_ack_with_multiple_for_a_tag_that_was_never_used_is_not_believed()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(1));
        FaultHandle future = bed.Faults.FromBroker(AmqpMethod.BasicAck).Nth(1).AckMultiple(1000);

        PublishException first = await Bed.FailsAsync(Bed.Publish(client, 1)[0]);
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicPublish).Always().LoseConfirm();
        PublishException second = await Bed.FailsAsync(Bed.Publish(client, 1, first: 1)[0]);

        Assert.True(future.Fired == 1 && lost.Fired > 0);
        Assert.Equal((PublishFailure.Unknown, PublishFailure.Unknown), (first.Failure, second.Failure));
    }

    [Fact, Scenario("7", "P1,P10")]
    public async Task An_ack_of_tag_zero_with_multiple_confirms_everything_that_is_out()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        bed.Faults.ConfirmWith(ConfirmRule.Create(10, static _ => [new ConfirmFrame(0, Multiple: true, IsNack: false)]));

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 10));

        JournalEntry ack = Assert.Single(bed.Journal.Entries, static entry => entry.Method == AmqpMethod.BasicAck);
        Assert.Equal((0ul, true), (ack.DeliveryTag, ack.Multiple));
        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        Assert.Equal(10, bed.Stored().Count);
    }

    [Fact, Scenario("9", "P1,P5")]
    public async Task An_ack_after_the_channels_close_changes_nothing_for_the_messages_of_the_next_channel()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(3));
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 1));
        ushort channel = (ushort)Assert.Single(bed.Published()).Channel;

        // No copy of this one is ever confirmed; of the others the first copies are not.
        FaultHandle never = bed.Faults.FromClient(AmqpMethod.BasicPublish).Where(static entry => entry.MessageId is "m00003").Always().LoseConfirm();
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicPublish).Where(static entry => entry.MessageId is "m00001" or "m00002").Times(2).LoseConfirm();
        FaultHandle close = bed.Faults.FromClient(AmqpMethod.BasicPublish).Nth(3).After().CloseChannel(541, "INTERNAL_ERROR - drill");
        FaultHandle late = bed.Faults.FromClient(AmqpMethod.BasicPublish).Nth(3).After().Send(AmqpFrames.Ack(channel, 4, multiple: true));

        Task<PublishReceipt>[] publishing = Bed.Publish(client, 3, first: 1);

        PublishReceipt[] receipts = await Bed.AllAsync(publishing[..2]);
        Assert.Equal(PublishFailure.Unknown, (await Bed.FailsAsync(publishing[2])).Failure);
        Assert.Equal((2, 1, 1), (lost.Fired, close.Fired, late.Fired));
        Assert.True(never.Fired >= 2);
        Assert.All(receipts, static receipt => Assert.True(receipt.Attempts >= 2, $"{receipt}"));
        bed.AssertHonest([.. before, .. receipts]);
    }

    [Fact, Scenario("12", "P1,P10")]
    public async Task Acks_that_come_byte_by_byte_are_understood()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        FaultHandle split = bed.Faults.FromBroker(AmqpMethod.BasicAck).Always().Split(1);

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 50));

        Assert.True(split.Fired > 0);
        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("12", "P1,P10")]
    public async Task Five_hundred_acks_in_one_segment_are_understood()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        bed.Faults.ConfirmWith(ConfirmRule.Create(500, static frames => frames));

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 500));

        Assert.Equal(500, bed.Journal.Entries.Count(static entry => entry.Method == AmqpMethod.BasicAck));
        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("13", "P1,P4")]
    public async Task Nothing_is_published_before_confirm_mode_is_agreed()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        FaultHandle hold = bed.Faults.FromBroker(AmqpMethod.ConfirmSelectOk).Hold();
        Task<PublishReceipt>[] publishing = Bed.Publish(client, 20);
        await hold.WaitFiredAsync(Bed.Patience);
        Assert.Empty(bed.Published());

        hold.Release();
        PublishReceipt[] receipts = await Bed.AllAsync(publishing);

        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        bed.AssertHonest(receipts);
    }
}

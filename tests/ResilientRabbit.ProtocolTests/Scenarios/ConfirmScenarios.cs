using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>What brokers and networks do to confirms and returns (scenarios 1 to 16).</summary>
public sealed class ConfirmScenarios
{
    [Fact, Scenario("1", "P1,P2,P5,P6")]
    public async Task A_lost_ack_and_a_lost_connection_cost_one_marked_duplicate()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        FaultHandle fin = bed.Faults.FromClient(AmqpMethod.BasicPublish).After().Fin();
        bed.Faults.OnPublish.Next(confirm: Confirm.Drop);

        PublishReceipt receipt = (await Bed.AllAsync(Bed.Publish(client, 1)))[0];

        Assert.Equal((1, 1), (fin.Fired, bed.Faults.OnPublish.Handle.Fired));
        Assert.Equal((2, 0), (receipt.Attempts, receipt.Nacks));
        bed.AssertHonest(receipt);
        DuplicatePublish duplicate = Assert.Single(bed.Journal.Duplicates());
        Assert.Equal([null, 2L], duplicate.Copies.Select(static copy => copy.PublishAttempt));
        Assert.Equal(["m00000", "m00000"], bed.Stored());
    }

    [Fact, Scenario("2", "P1,P5,P6,P13")]
    public async Task A_lost_ack_on_a_living_connection_is_found_as_a_stall_and_answered_through_the_other_one()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options =>
        {
            options.Publisher.Connections = 2;
            options.Publisher.ConfirmStallTimeout = TimeSpan.FromMilliseconds(300);
        });
        await client.ConnectAsync();
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicPublish).LoseConfirm();

        PublishReceipt receipt = (await Bed.AllAsync(Bed.Publish(client, 1)))[0];

        Assert.Equal(1, lost.Fired);
        Assert.Equal(2, receipt.Attempts);
        bed.AssertHonest(receipt);
        Assert.Equal(2, bed.Published().Select(static copy => copy.Connection).Distinct().Count());
    }

    [Fact, Scenario("2", "P1,P4,P5")]
    public async Task A_lost_ack_is_asked_about_again_when_the_copy_was_nacked()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options =>
        {
            options.Publisher.Connections = 2;
            options.Publisher.ConfirmStallTimeout = TimeSpan.FromMilliseconds(300);
        });
        await client.ConnectAsync();
        bed.Faults.OnPublish.Next(confirm: Confirm.Drop).Next(confirm: Confirm.Nack);

        // Without another copy it would be of unknown fate at its deadline.
        PublishReceipt receipt = (await Bed.AllAsync(Bed.Publish(client, 1)))[0];

        Assert.Equal(3, receipt.Attempts);
        Assert.Equal([null, 2L, 3L], bed.Published().Select(static copy => copy.PublishAttempt));
        bed.AssertHonest(receipt);
    }

    [Fact, Scenario("2", "P3,P4")]
    public async Task Without_any_ack_the_outcome_is_unknown_at_the_deadline()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(1));
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicPublish).Always().LoseConfirm();

        PublishException failure = await Bed.FailsAsync(Bed.Publish(client, 1)[0]);

        Assert.True(lost.Fired >= 1);
        Assert.Equal((PublishFailure.Unknown, true), (failure.Failure, failure.MayBeStored));
        Assert.Contains("m00000", bed.Stored());
    }

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

    [Fact, Scenario("8", "P1,P3,P5")]
    public async Task A_nacked_message_is_sent_again_and_says_so()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        FaultHandle nack = bed.Faults.FromClient(AmqpMethod.BasicPublish).Nth(2).LoseConfirm(Confirm.Nack);

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 3));

        Assert.Equal(1, nack.Fired);
        Assert.Equal([(1, 0), (2, 1), (1, 0)], receipts.Select(static receipt => (receipt.Attempts, receipt.Nacks)));
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("8", "P1,P5,P10")]
    public async Task A_nack_with_multiple_sends_all_messages_up_to_its_tag_again()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        FaultHandle rule = bed.Faults.ConfirmWith(ConfirmRule.Create(5, static frames => [frames[4] with { Multiple = true, IsNack = true }]));
        Task<PublishReceipt>[] publishing = Bed.Publish(client, 5);
        await bed.SeeAsync(AmqpMethod.BasicNack);
        rule.Cancel();

        PublishReceipt[] receipts = await Bed.AllAsync(publishing);

        Assert.All(receipts, static receipt => Assert.True(receipt is { Attempts: >= 2, Nacks: >= 1 }, $"{receipt}"));
        bed.AssertHonest(receipts);
    }

    [Fact, Scenario("8", "P3")]
    public async Task A_message_that_is_always_nacked_is_refused_at_its_deadline_and_may_be_stored()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(1));
        FaultHandle nack = bed.Faults.FromClient(AmqpMethod.BasicPublish).Always().LoseConfirm(Confirm.Nack);

        PublishException failure = await Bed.FailsAsync(Bed.Publish(client, 1)[0]);

        Assert.True(nack.Fired > 1);
        Assert.Equal((PublishFailure.Refused, true), (failure.Failure, failure.MayBeStored));
        Assert.All(bed.Journal.Duplicates(), static duplicate => Assert.True(duplicate.IsMarked));
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

    [Fact, Scenario("10", "P9")]
    public async Task A_returned_message_is_unroutable_though_the_broker_acks_it()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();

        Task<PublishReceipt> before = Bed.PublishAsync(client, "before");
        Task<PublishReceipt> returned = Bed.PublishAsync(client, "returned", routingKey: "nowhere");
        Task<PublishReceipt> after = Bed.PublishAsync(client, "after");

        PublishException failure = await Bed.FailsAsync(returned);
        Assert.Equal((PublishFailure.Unroutable, 312, false), (failure.Failure, failure.ReplyCode, failure.MayBeStored));
        bed.AssertHonest(await Bed.AllAsync([before, after]));
        JournalEntry entry = Assert.Single(bed.Journal.Entries, static entry => entry.Method == AmqpMethod.BasicReturn);
        Assert.Equal("returned", entry.MessageId);
    }

    [Fact, Scenario("11", "P1,P9")]
    public async Task A_return_without_our_header_for_another_message_harms_nobody()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 1));
        ushort channel = (ushort)Assert.Single(bed.Published()).Channel;
        FaultHandle foreign = bed.Faults.FromClient(AmqpMethod.BasicPublish).Before().Send(AmqpFrames.Return(channel, "foreign", "foreign", "not ours"u8));

        PublishReceipt[] receipts = await Bed.AllAsync(Bed.Publish(client, 3, first: 1));

        Assert.Equal(1, foreign.Fired);
        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
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

    [Fact, Scenario("14,C1", "P2,P4,P5,P7,P19")]
    public async Task A_broker_that_stops_reading_and_then_resets_hangs_nobody()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.ConfirmStallTimeout = Bed.Patience);
        FaultHandle deaf = bed.Faults.FromClient(AmqpMethod.BasicPublish).After().StopReading();
        string body = new('x', 50_000);
        Task<PublishReceipt>[] publishing = [.. Enumerable.Range(0, 600).Select(number => Bed.PublishAsync(client, Bed.Id(number), body: body))];
        await deaf.WaitFiredAsync(Bed.Patience);
        await Bed.UntilAsync(() => client.Status.Publishing.Pending >= 590, "the messages");

        bed.Line.ResetConnections();
        PublishReceipt[] receipts = await Bed.AllAsync(publishing);

        Assert.Equal(1, deaf.Fired);
        bed.AssertHonest(receipts);

        // Most of them were never read: their order in the queue is the order of the replay.
        Assert.Equal(Enumerable.Range(0, 600).Select(Bed.Id), bed.Stored().Distinct(StringComparer.Ordinal));
    }

    [Fact, Scenario("15,C2", "P1,P3,P4")]
    public async Task A_storm_of_cancellations_leaves_every_outcome_honest()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await client.ConnectAsync();
        List<PublishReceipt> confirmed = [];
        List<string> notSent = [];
        int unknown = 0;

        await Task.WhenAll(Enumerable.Range(0, 16).Select(publisher => Task.Run(async () =>
        {
            var random = new Random(publisher);
            for (int number = 0; number < 100; number++)
            {
                using var token = new CancellationTokenSource();
                token.CancelAfter(TimeSpan.FromMicroseconds(random.Next(2000)));
                string id = $"{publisher}-{number}";
                try
                {
                    PublishReceipt receipt = await client.Publisher.PublishAsync("", Bed.Queue, "m"u8.ToArray(), new MessageProperties { MessageId = id }, token.Token);
                    lock (confirmed)
                    {
                        confirmed.Add(receipt);
                    }
                }
                catch (PublishCanceledException canceled) when (canceled.Failure == PublishFailure.NotSent)
                {
                    lock (notSent)
                    {
                        notSent.Add(id);
                    }
                }
                catch (PublishCanceledException)
                {
                    Interlocked.Increment(ref unknown);
                }
            }
        }))).WaitAsync(Bed.Patience);
        PublishReceipt last = await Bed.PublishAsync(client, "last").WaitAsync(Bed.Patience);

        Assert.Equal(1600, confirmed.Count + notSent.Count + unknown);
        Assert.True(confirmed.Count > 0 && notSent.Count + unknown > 0, $"{confirmed.Count} confirmed, {notSent.Count} not sent, {unknown} unknown: no storm.");
        bed.AssertHonest([.. confirmed, last]);
        Assert.Empty(notSent.Intersect(bed.Published().Select(static entry => entry.MessageId!), StringComparer.Ordinal));
    }

    [Fact, Scenario("16", "P1,P8,P29")]
    public async Task A_message_that_cannot_be_written_takes_no_sequence_number()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(2));
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 3));

        foreach (object bad in new object[] { new Uri("http://x"), 'c', new object(), Guid.NewGuid() })
        {
            var properties = new MessageProperties();
            properties.Headers["bad"] = bad;
            await Assert.ThrowsAsync<ArgumentException>(async () => await client.Publisher.PublishAsync("", Bed.Queue, "m"u8.ToArray(), properties));
        }

        // The one in the middle is not confirmed: its neighbours' acks are theirs only while both sides count alike.
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicPublish).Where(static entry => entry.MessageId is "m00004").Always().LoseConfirm();
        Task<PublishReceipt>[] publishing = Bed.Publish(client, 3, first: 3);
        Assert.Equal(PublishFailure.Unknown, (await Bed.FailsAsync(publishing[1])).Failure);
        bed.AssertHonest([.. before, .. await Bed.AllAsync([publishing[0], publishing[2]])]);
        Assert.Equal((1, 6), (lost.Fired, bed.Published().Count));
    }
}

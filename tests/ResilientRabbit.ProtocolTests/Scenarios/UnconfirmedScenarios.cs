using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Messages that are not simply confirmed: what is lost, nacked, returned, cancelled, or cannot be written (scenarios 1, 2, 8, 10, 11, 14 to 16).</summary>
public sealed class UnconfirmedScenarios
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

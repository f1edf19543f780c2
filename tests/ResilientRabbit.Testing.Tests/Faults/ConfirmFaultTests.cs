using Xunit;

namespace ResilientRabbit.Testing.Tests.Faults;

/// <summary>Faults of confirms, seen by RabbitMQ.Client. One publish at a time, unless the order in one burst is what is tested.</summary>
public sealed class ConfirmFaultTests
{
    [Fact]
    public async Task A_dropped_ack_never_comes_and_no_later_one_speaks_for_it()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromBroker(AmqpMethod.BasicAck).Drop();

        await driver.PublishAsync(1);
        await fault.WaitFiredAsync(RecordingDriver.Bound);
        await driver.PublishAsync(20);
        string[] answers = await driver.AnswersAsync(20);

        Assert.Equal(Enumerable.Range(2, 20).Select(static number => $"ack {number}"), answers);
        Assert.Equal(21, broker.Queue("q")!.Messages);
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task A_held_ack_comes_when_released()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromBroker(AmqpMethod.BasicAck).Hold();

        await driver.PublishAsync(1);
        await fault.WaitFiredAsync(RecordingDriver.Bound);
        await driver.PublishAsync(1);
        Assert.Equal(["ack 2"], await driver.AnswersAsync(1));
        fault.Release();

        Assert.Equal(["ack 2", "ack 1"], await driver.AnswersAsync(2));
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task A_reordered_ack_is_overtaken_by_so_many_frames()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        using var rule = new Cancelled(broker.Faults.ConfirmWith(ConfirmRule.OneByOne));
        FaultHandle fault = broker.Faults.FromBroker(AmqpMethod.BasicAck).Reorder(2);

        await driver.PublishAsync(4);

        Assert.Equal(["ack 2", "ack 3", "ack 1", "ack 4"], await driver.AnswersAsync(4));
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task A_duplicated_ack_comes_twice()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromBroker(AmqpMethod.BasicAck).Duplicate();

        await driver.PublishAsync(1);

        Assert.Equal(["ack 1", "ack 1"], await driver.AnswersAsync(2));
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task An_ack_becomes_a_nack()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromBroker(AmqpMethod.BasicAck).Nth(2).Nack();

        await driver.PublishAsync(1);
        await driver.AnswersAsync(1);
        await driver.PublishAsync(1);

        Assert.Equal(["ack 1", "nack 2"], await driver.AnswersAsync(2));
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task An_ack_becomes_one_for_all_or_for_a_tag_of_the_tests_choice()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle all = broker.Faults.FromBroker(AmqpMethod.BasicAck).AckMultiple(0);
        await driver.PublishAsync(1);
        await all.WaitFiredAsync(RecordingDriver.Bound);
        FaultHandle chosen = broker.Faults.FromBroker(AmqpMethod.BasicAck).AckMultiple(77);
        await driver.PublishAsync(1);

        Assert.Equal(["ack 0 multiple", "ack 77 multiple"], await driver.AnswersAsync(2));
        Assert.Equal((1, 1), (all.Fired, chosen.Fired));
    }

    [Fact]
    public async Task A_lost_confirm_is_lost_in_the_middle_of_a_burst()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(50).LoseConfirm();

        await driver.PublishAsync(100);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 100, RecordingDriver.Bound);
        FrameJournal journal = broker.Journal;
        await driver.RoundTripAsync();

        HashSet<ulong> confirmed = [.. ConfirmedBy(journal)];
        Assert.DoesNotContain(50ul, confirmed);
        Assert.Equal(99, confirmed.Count);
        Assert.Equal(["50"], journal.FalseConfirms(Enumerable.Range(1, 100).Select(static number => $"{number}")).Select(static wrong => wrong.MessageId));
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task A_script_decides_publish_by_publish()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        broker.OnPublish
            .Next(store: true, confirm: Confirm.Drop)
            .Next(store: false)
            .Next(confirm: Confirm.Nack)
            .Next(confirm: Confirm.Twice)
            .Next(confirm: Confirm.Ack, afterFrames: 2);

        await driver.PublishAsync(4);
        Assert.Equal(["ack 2", "nack 3", "ack 4", "ack 4"], await driver.AnswersAsync(4));
        await driver.PublishAsync(1);
        await driver.PublishAsync(1);
        Assert.Equal("ack 6", (await driver.AnswersAsync(5))[4]);
        await driver.RoundTripAsync();

        Assert.Equal("ack 5", (await driver.AnswersAsync(6))[5]);
        Assert.Equal(["1", "3", "4", "5", "6"], broker.GetMessages("q").Select(static message => message.MessageId));
        Assert.Equal(5, broker.OnPublish.Handle.Fired);
    }

    [Fact]
    public async Task A_lost_message_is_confirmed_all_the_same()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle fault = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(2).LoseMessage();

        await driver.PublishAsync(3);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 2, RecordingDriver.Bound);
        await driver.RoundTripAsync();

        Assert.Equal([1ul, 2ul, 3ul], ConfirmedBy(broker.Journal).Order());
        Assert.Equal(["1", "3"], broker.GetMessages("q").Select(static message => message.MessageId));
        Assert.Equal(1, fault.Fired);
    }

    [Fact]
    public async Task Publishes_swallowed_and_doubled_on_their_way_do_not_shift_the_confirms_of_the_others()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle drop = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(2).Drop();
        FaultHandle twice = broker.Faults.FromClient(AmqpMethod.BasicPublish).Nth(4).Duplicate();

        await driver.PublishAsync(6);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 6, RecordingDriver.Bound);
        await driver.RoundTripAsync();

        Assert.Equal(["1", "3", "4", "4", "5", "6"], broker.GetMessages("q").Select(static message => message.MessageId));
        Assert.Equal([1ul, 3ul, 4ul, 5ul, 6ul], ConfirmedBy(broker.Journal).Order());
        Assert.Equal((1, 1), (drop.Fired, twice.Fired));
    }

    [Fact]
    public async Task A_rule_gives_confirms_one_by_one_or_reversed_or_doubled_or_together_or_with_unknown_tags()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        (ConfirmRule Rule, string[] Answers)[] rules =
        [
            (ConfirmRule.OneByOne, ["ack 1", "ack 2", "ack 3"]),
            (ConfirmRule.Reversed(3), ["ack 6", "ack 5", "ack 4"]),
            (ConfirmRule.Duplicated, ["ack 7", "ack 7", "ack 8", "ack 8", "ack 9", "ack 9"]),
            (ConfirmRule.Multiple(3), ["ack 12 multiple"]),
            (ConfirmRule.WithUnknownTags, ["ack 1000000013", "ack 13", "ack 1000000014", "ack 14", "ack 1000000015", "ack 15"]),
            (ConfirmRule.Create(3, static frames => [frames[1], frames[0], frames[2] with { IsNack = true }]), ["ack 17", "ack 16", "nack 18"]),
        ];
        int before = 0;
        foreach ((ConfirmRule rule, string[] expected) in rules)
        {
            FaultHandle handle = broker.Faults.ConfirmWith(rule);

            await driver.PublishAsync(3);
            string[] answers = await driver.AnswersAsync(before + expected.Length);

            Assert.Equal(expected, answers[before..]);
            Assert.True(handle.Fired > 0, $"{rule} did not fire");
            before += expected.Length;
            handle.Cancel();
        }
    }

    [Fact]
    public async Task Confirms_that_wait_for_more_of_them_come_when_released()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);
        FaultHandle rule = broker.Faults.ConfirmWith(ConfirmRule.Reversed(10));

        await driver.PublishAsync(3);
        await driver.RoundTripAsync();
        rule.Release();

        Assert.Equal(["ack 3", "ack 2", "ack 1"], await driver.AnswersAsync(3));
    }

    private static IEnumerable<ulong> ConfirmedBy(FrameJournal journal)
    {
        SortedSet<ulong> open = [];
        foreach (JournalEntry entry in journal.Entries)
        {
            if (entry is { Method: AmqpMethod.BasicPublish, PublishNumber: { } number })
            {
                open.Add(number);
            }
            else if (entry is { Direction: FrameDirection.FromBroker, Method: AmqpMethod.BasicAck, DeliveryTag: { } tag })
            {
                foreach (ulong covered in open.Where(candidate => entry.Multiple ? candidate <= tag : candidate == tag).ToArray())
                {
                    open.Remove(covered);
                    yield return covered;
                }
            }
        }
    }

    private sealed class Cancelled(FaultHandle handle) : IDisposable
    {
        public void Dispose() => handle.Cancel();
    }
}

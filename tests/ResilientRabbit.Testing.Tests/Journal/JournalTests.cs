using System.Security.Cryptography;
using ResilientRabbit.Testing.Tests.Faults;
using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Journal;

public sealed class JournalTests
{
    // In pieces, so that only what leaks is found by the scanner of test.sh.
    private const string Canary = "zq9" + "CANARY" + "q9z";

    [Fact]
    public async Task A_publish_and_its_confirm_are_described()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using WireClient client = await OpenAsync(broker);

        client.Publish("", "q", "id 1", attempt: 2);
        JournalEntry publish = await broker.Journal.WaitForAsync(static entry => entry.Method == AmqpMethod.BasicPublish, RecordingDriver.Bound);
        JournalEntry ack = await broker.Journal.WaitForAsync(static entry => entry.Method == AmqpMethod.BasicAck, RecordingDriver.Bound);

        Assert.Equal((1, 1, FrameDirection.FromClient, "", "q"), (publish.Connection, publish.Channel, publish.Direction, publish.Exchange, publish.RoutingKey));
        Assert.Equal(("id 1", 2L, 1ul), (publish.MessageId, publish.PublishAttempt, publish.PublishNumber));
        Assert.Equal((4L, "230D8358DC8E8890"), (publish.BodyLength, publish.BodyHash));
        Assert.Equal((1ul, FrameDirection.FromBroker), (ack.DeliveryTag, ack.Direction));
        Assert.True(ack.Number > publish.Number && ack.Time >= publish.Time);
        Assert.Contains("BasicPublish publish=1 exchange= key=q id=id 1 attempt=2 body=4 bytes 230D8358DC8E8890", broker.Journal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(300_000)]
    public async Task A_body_of_any_size_is_told_by_its_length_and_hash(int size)
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using RecordingDriver driver = await RecordingDriver.ConnectAsync(broker);

        await driver.PublishAsync(2, bodySize: size);
        JournalEntry publish = await broker.Journal.WaitForAsync(static entry => entry.Method == AmqpMethod.BasicPublish, RecordingDriver.Bound, count: 2);
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 2, RecordingDriver.Bound);

        ReadOnlyMemory<byte> body = broker.GetMessages("q")[1].Body;
        Assert.Equal((size, size), (body.Length, publish.BodyLength));
        Assert.Equal(Convert.ToHexString(SHA256.HashData(body.Span))[..16], publish.BodyHash);
        Assert.Equal(("2", null, false), (publish.MessageId, publish.Note, publish.IsInterleaved));
        Assert.True(publish.Size > size);
    }

    [Fact]
    public async Task What_comes_while_the_past_is_read_is_seen_once_and_in_its_place()
    {
        await using TestBroker broker = await TestBroker.StartAsync(new TestBrokerOptions { JournalCapacity = 1000 });
        await using WireClient client = await OpenAsync(broker);
        Task publishing = Task.Run(() =>
        {
            for (int number = 0; number < 5000; number++)
            {
                client.Publish("", "q", $"{number}");
            }
        });

        while (!publishing.IsCompleted)
        {
            IReadOnlyList<JournalEntry> entries = broker.Journal.Entries;
            Assert.InRange(entries.Count, 1, 1000);
            Assert.Equal(Enumerable.Range(0, entries.Count).Select(index => entries[0].Number + index), entries.Select(static entry => entry.Number));
        }

        await publishing;
        List<long> waited = [];
        JournalEntry last = await broker.Journal.WaitForAsync(static entry => entry.MessageId is "4999", RecordingDriver.Bound);
        waited.AddRange(broker.Journal.Entries.Where(static entry => entry.Method == AmqpMethod.BasicPublish).Select(static entry => long.Parse(entry.MessageId!, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(Enumerable.Range(0, waited.Count).Select(index => 5000L - waited.Count + index), waited);
        Assert.True(broker.Journal.Dropped > 0 && last.PublishNumber == 5000);
    }

    [Fact]
    public async Task No_credential_is_in_it()
    {
        var options = new TestBrokerOptions();
        options.Users.Clear();
        options.Users.Add(new TestBrokerUser("someone", Canary));
        await using TestBroker broker = await TestBroker.StartAsync(options);
        var factory = RecordingDriver.Factory(broker.Host, broker.Port);
        (factory.UserName, factory.Password) = ("someone", Canary);
        await using var connection = await factory.CreateConnectionAsync();

        // The driver reports success before open-ok has come (its issue 1999).
        await using var channel = await connection.CreateChannelAsync();
        await connection.UpdateSecretAsync(Canary + "2", "rotation");

        string everything = string.Join('\n', broker.Journal.Entries);

        Assert.Contains("ConnectionStartOk", everything, StringComparison.Ordinal);
        Assert.Contains("ConnectionUpdateSecret", everything, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(Canary)), everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task False_confirms_are_told_with_the_reason()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using WireClient client = await OpenAsync(broker);
        broker.OnPublish.Next().Next(confirm: Confirm.Drop).Next(confirm: Confirm.Nack);
        client.Publish("", "q", "acked");
        client.Publish("", "q", "silent");
        client.Publish("", "q", "nacked");
        client.PublishMandatory("", "nowhere", "returned");
        client.Publish("", "q", "last");
        await broker.Journal.WaitForAsync(static entry => entry is { Method: AmqpMethod.BasicAck, DeliveryTag: 5 }, RecordingDriver.Bound);

        IReadOnlyList<FalseConfirm> wrong = broker.Journal.FalseConfirms(["acked", "silent", "nacked", "returned", "never", "last"]);

        Assert.Equal(
            [("silent", "never acknowledged"), ("nacked", "nacked"), ("returned", "returned"), ("never", "never published in confirm mode")],
            wrong.Select(static confirm => (confirm.MessageId, confirm.Reason)));
        Assert.Equal("silent", Assert.Single(wrong[0].Publishes).MessageId);
    }

    [Fact]
    public async Task Duplicates_are_found_over_connections_and_marked_ones_told_apart()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using WireClient first = await OpenAsync(broker);
        await using WireClient second = await OpenAsync(broker);
        first.Publish("", "q", "once");
        first.Publish("", "q", "marked");
        first.Publish("", "q", "unmarked");
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 3, RecordingDriver.Bound);
        second.Publish("", "q", "marked", attempt: 2);
        second.Publish("", "q", "unmarked");
        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 5, RecordingDriver.Bound);

        IReadOnlyList<DuplicatePublish> duplicates = broker.Journal.Duplicates();

        Assert.Equal([("marked", true), ("unmarked", false)], duplicates.Select(static duplicate => (duplicate.MessageId, duplicate.IsMarked)));
        Assert.Equal([1, 2], duplicates[0].Copies.Select(static copy => copy.Connection));
    }

    [Fact]
    public async Task Acks_for_what_is_not_open_are_stale()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using WireClient client = await OpenAsync(broker);
        client.Publish("", "q", "1");
        client.Publish("", "q", "2");
        client.Send(1, new AmqpBasic.Get("q", NoAck: false));
        client.Send(1, new AmqpBasic.Get("q", NoAck: false));
        client.Send(1, new AmqpBasic.Ack(1, Multiple: false));
        client.Send(1, new AmqpBasic.Nack(2, Multiple: true, Requeue: false));
        await broker.WaitForAsync(static b => b.Queue("q") is { Messages: 0, Unacked: 0 }, RecordingDriver.Bound);
        Assert.Empty(broker.Journal.StaleAcks());

        client.Send(1, new AmqpBasic.Ack(2, Multiple: false));
        await broker.Journal.WaitForAsync(static entry => entry is { Method: AmqpMethod.ChannelClose, ReplyCode: 406 }, RecordingDriver.Bound);
        client.Send(1, default(AmqpChannel.CloseOk));
        client.Send(1, new AmqpChannel.Open());
        client.Send(1, new AmqpBasic.Reject(1, Requeue: true));
        await broker.Journal.WaitForAsync(static entry => entry is { Method: AmqpMethod.ChannelClose, ReplyCode: 406 }, RecordingDriver.Bound, count: 2);

        Assert.Equal(
            ["settled before", "never delivered on this incarnation of the channel"],
            broker.Journal.StaleAcks().Select(static stale => stale.Reason));
    }

    [Fact]
    public async Task A_publish_that_another_one_interrupts_is_told()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using WireClient client = await OpenAsync(broker);
        ReadOnlyMemory<byte> method = AmqpFrames.Method(1, new AmqpBasic.Publish("", "q", Mandatory: false, Immediate: false));

        client.Write([.. method.Span, .. method.Span]);
        await broker.Journal.WaitForAsync(static entry => entry.Method == AmqpMethod.ConnectionClose, RecordingDriver.Bound);

        Assert.Equal("q", Assert.Single(broker.Journal.Interleaved()).RoutingKey);
    }

    [Fact]
    public async Task A_break_of_the_order_is_told_and_later_copies_are_not()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using WireClient client = await OpenAsync(broker);
        foreach (string id in (string[])["a-1", "b-1", "a-3", "a-2", "b-2", "a-1", "a-4"])
        {
            client.Publish("", "q", id);
        }

        await broker.WaitForAsync(static b => b.Queue("q")?.Messages == 7, RecordingDriver.Bound);

        OrderBreak found = Assert.Single(broker.Journal.OrderBreaks(static entry => entry.MessageId![..1], static entry => entry.MessageId![2] - '0'));
        Assert.Equal(("a", "a-3", "a-2"), (found.Key, found.Earlier.MessageId, found.Later.MessageId));
    }

    [Fact]
    public async Task A_full_journal_drops_the_oldest_and_its_checks_refuse_to_judge()
    {
        await using TestBroker broker = await TestBroker.StartAsync(new TestBrokerOptions { JournalCapacity = 5 });
        await using WireClient client = await OpenAsync(broker);

        Assert.Equal(5, broker.Journal.Entries.Count);
        Assert.True(broker.Journal.Dropped > 0);
        Assert.Throws<InvalidOperationException>(() => broker.Journal.Duplicates());
        broker.Journal.Clear();
        Assert.Empty(broker.Journal.Duplicates());
    }

    [Fact]
    public async Task Waiting_in_vain_shows_the_end_of_the_journal()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using WireClient client = await OpenAsync(broker);

        TimeoutException late = await Assert.ThrowsAsync<TimeoutException>(
            () => broker.Journal.WaitForAsync(static entry => entry.Method == AmqpMethod.QueueDeclareOk, TimeSpan.FromMilliseconds(1), count: 9));

        Assert.StartsWith("1 of 9 entries came", late.Message, StringComparison.Ordinal);
        Assert.Contains("<- ConfirmSelectOk", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_without_journal_says_so()
    {
        await using TestBroker broker = await TestBroker.StartAsync(new TestBrokerOptions { KeepJournal = false });

        Assert.Throws<InvalidOperationException>(() => broker.Journal);
    }

    private static async Task<WireClient> OpenAsync(TestBroker broker)
    {
        WireClient client = await WireClient.OpenAsync(broker.Host, broker.Port);
        client.DeclareQueue("q");
        await client.ExpectAsync(AmqpMethod.QueueDeclareOk);
        client.Send(1, new AmqpConfirm.Select(NoWait: false));
        await client.ExpectAsync(AmqpMethod.ConfirmSelectOk);
        return client;
    }
}

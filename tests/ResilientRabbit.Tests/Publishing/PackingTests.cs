using System.Buffers;
using RabbitMQ.Client;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.Tests.Connections;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Small messages that travel as one, each with an outcome of its own.</summary>
public sealed class PackingTests
{
    [Fact]
    public async Task What_is_queued_travels_as_one_message_in_the_layout_of_Springs_batching()
    {
        await using PublisherHarness harness = Packed();
        Task<PublishReceipt>[] tasks = [harness.Publish("ab"), harness.Publish(""), harness.Publish("xyz")];

        FakePublishSession session = Begin(harness);
        PublishReceipt[] receipts = await Task.WhenAll(tasks).WaitAsync(Watch.Limit);

        WrittenMessage pack = Assert.Single(session.Writes);
        Assert.Equal([0, 0, 0, 2, (byte)'a', (byte)'b', 0, 0, 0, 0, 0, 0, 0, 3, (byte)'x', (byte)'y', (byte)'z'], pack.Body);
        Assert.Equal("lengthHeader4", pack.Headers["springBatchFormat"]);
        Assert.Equal(3, pack.Headers["amqp_batchSize"]);
        Assert.Equal((null, "orders", "eu", true), (pack.Properties.MessageId, pack.Exchange, pack.RoutingKey, pack.Properties.Persistent));
        Assert.Equal(receipts.Select(static receipt => receipt.MessageId), Ids(pack, 3));
        Assert.Equal((3L, 3L, 0L), (harness.Counts.Submitted, harness.Counts.Confirmed, harness.Counts.Pending));
    }

    [Fact]
    public async Task Ids_of_the_caller_are_kept()
    {
        await using PublisherHarness harness = Packed();
        string[] ids = ["order-1", "order-2", "", "ordner", new string('é', 127)];
        Task<PublishReceipt>[] tasks = [.. ids.Select(id => harness.Publisher.PublishAsync("orders", "eu", "x"u8.ToArray(), new MessageProperties { MessageId = id }).AsTask())];

        FakePublishSession session = Begin(harness);
        await Task.WhenAll(tasks).WaitAsync(Watch.Limit);

        Assert.Equal(ids, Ids(Assert.Single(session.Writes), ids.Length));
    }

    [Fact]
    public async Task Off_by_default_each_message_is_a_message()
    {
        await using var harness = new PublisherHarness(isReady: false);
        Task<PublishReceipt>[] tasks = [harness.Publish("a"), harness.Publish("b")];

        FakePublishSession session = Begin(harness);
        await Task.WhenAll(tasks).WaitAsync(Watch.Limit);

        Assert.Equal(["a", "b"], Texts(session.Writes));
    }

    [Fact]
    public async Task What_differs_goes_alone_and_keeps_its_place()
    {
        await using PublisherHarness harness = Packed(static settings => settings with { PackMaxMessageBytes = 4 });
        var json = new MessageProperties { ContentType = "application/json" };
        var headed = new MessageProperties { Headers = { ["tenant"] = "a" } };
        Task<PublishReceipt>[] tasks =
        [
            harness.Publish("1"), harness.Publish("2"), harness.Publish("large"), harness.Publish("3", "invoices"), harness.Publish("4"), harness.Publish("5"),
            harness.Publisher.PublishAsync("orders", "eu", "6"u8.ToArray(), json).AsTask(),
            harness.Publisher.PublishAsync("orders", "eu", "7"u8.ToArray(), json).AsTask(),
            harness.Publisher.PublishAsync("orders", "eu", "8"u8.ToArray(), headed).AsTask(),
            harness.Publisher.PublishAsync("orders", "eu", "9"u8.ToArray(), headed).AsTask(),
        ];

        FakePublishSession session = Begin(harness);
        await Task.WhenAll(tasks).WaitAsync(Watch.Limit);

        Assert.Equal(["1+2", "large", "3", "4+5", "6+7", "8", "9"], session.Writes.Select(Content));
        Assert.Equal("application/json", session.Writes[4].Properties.ContentType);
        Assert.False(session.Writes[1].Headers.ContainsKey("springBatchFormat"));
    }

    [Fact]
    public async Task A_pack_is_bounded_by_messages_and_by_bytes()
    {
        await using PublisherHarness harness = Packed(static settings => settings with { PackMaxMessages = 3, PackMaxBytes = 16 });
        Task<PublishReceipt>[] tasks = [.. "1 2 3 4 123456 123456 7".Split(' ').Select(text => harness.Publish(text))];

        FakePublishSession session = Begin(harness);
        await Task.WhenAll(tasks).WaitAsync(Watch.Limit);

        Assert.Equal(["1+2+3", "4+123456", "123456+7"], session.Writes.Select(Content));
    }

    [Fact]
    public async Task After_a_loss_the_pack_goes_again_marked_once_without_what_was_cancelled_meanwhile()
    {
        await using PublisherHarness harness = Packed();
        using var cancel = new CancellationTokenSource();
        Task<PublishReceipt>[] tasks = [harness.Publish("a"), harness.Publish("b", cancellationToken: cancel.Token), harness.Publish("c")];
        FakePublishSession first = Begin(harness, acks: false);
        await first.WrittenAsync(1);

        await cancel.CancelAsync();
        await Cancelled(tasks[1], PublishFailure.Unknown);
        first.Kill();
        tasks = [tasks[0], tasks[2], harness.Publish("d"), harness.Publish("e")];
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(2);
        second.Channel.Ack(2, multiple: true);
        PublishReceipt[] receipts = await Task.WhenAll(tasks).WaitAsync(Watch.Limit);

        Assert.Equal(["a+c", "d+e"], second.Writes.Select(Content));
        Assert.Equal([2, null], second.Writes.Select(static write => write.Attempt));
        Assert.Equal([2, 2, 1, 1], receipts.Select(static receipt => receipt.Attempts));
        Assert.Equal(2, harness.Counts.Replayed);
    }

    [Fact]
    public async Task A_returned_pack_is_unroutable_for_each_of_it_and_for_none_beside_it()
    {
        await using PublisherHarness harness = Packed(static settings => settings with { PackMaxMessages = 2 });
        Task<PublishReceipt>[] tasks = [.. "a b c d e f".Split(' ').Select(text => harness.Publish(text))];
        FakePublishSession session = Begin(harness, acks: false);
        await session.WrittenAsync(3);

        session.Channel.Return(2);
        session.Channel.Ack(3, multiple: true);

        await Failed(tasks[2], PublishFailure.Unroutable);
        await Failed(tasks[3], PublishFailure.Unroutable);
        await Task.WhenAll(tasks[0], tasks[1], tasks[4], tasks[5]).WaitAsync(Watch.Limit);
    }

    [Fact]
    public async Task An_ack_settles_the_messages_of_its_own_pack_only()
    {
        await using PublisherHarness harness = Packed(static settings => settings with { PackMaxMessages = 2 });
        Task<PublishReceipt>[] tasks = [.. "a b c d e".Split(' ').Select(text => harness.Publish(text))];
        FakePublishSession session = Begin(harness, acks: false);
        await session.WrittenAsync(3);

        session.Channel.Ack(2);
        await Task.WhenAll(tasks[2], tasks[3]).WaitAsync(Watch.Limit);
        Assert.Equal(2, harness.Counts.Confirmed);

        session.Channel.Nack(1);
        session.Channel.Ack(3);
        await tasks[4].WaitAsync(Watch.Limit);
        Assert.Equal(2, harness.Counts.Pending);

        // Acks of tags that were answered or never used change nothing.
        session.Channel.Ack(2);
        session.Channel.Ack(77, multiple: true);
        Assert.Equal(2, harness.Counts.Pending);
    }

    [Fact]
    public async Task A_late_ack_of_an_ended_channel_confirms_the_whole_pack_and_nothing_that_was_returned()
    {
        await using PublisherHarness harness = Packed(static settings => settings with { PackMaxMessages = 2 });
        Task<PublishReceipt>[] tasks = [.. "a b c d".Split(' ').Select(text => harness.Publish(text))];
        FakePublishSession first = Begin(harness, acks: false);
        await first.WrittenAsync(2);
        FakePublishChannel channel = first.Channel;
        first.Kill();
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(2);

        channel.Return(2);
        channel.Ack(2, multiple: true);

        await Task.WhenAll(tasks[0], tasks[1]).WaitAsync(Watch.Limit);
        Assert.Equal((2L, 2L), (harness.Counts.Confirmed, harness.Counts.Pending));
    }

    [Fact]
    public async Task A_late_ack_of_one_tag_confirms_its_own_pack_and_no_other()
    {
        await using PublisherHarness harness = Packed(static settings => settings with { PackMaxMessages = 2 });
        Task<PublishReceipt>[] tasks = [.. "a b c d e f".Split(' ').Select(text => harness.Publish(text))];
        FakePublishSession first = Begin(harness, acks: false);
        await first.WrittenAsync(3);
        FakePublishChannel channel = first.Channel;
        first.Kill();
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(3);

        channel.Ack(3);

        await Task.WhenAll(tasks[4], tasks[5]).WaitAsync(Watch.Limit);
        Assert.Equal((2L, 4L), (harness.Counts.Confirmed, harness.Counts.Pending));
    }

    [Fact]
    public async Task One_that_cannot_be_encoded_fails_alone()
    {
        await using PublisherHarness harness = Packed();
        Task<PublishReceipt>[] tasks = [harness.Publish("a"), harness.Publish("bad"), harness.Publish("c")];
        Begin(harness, static message => message.Text.Contains("bad", StringComparison.Ordinal) ? new InvalidOperationException("bad") : null);

        await Task.WhenAll(tasks[0], tasks[2]).WaitAsync(Watch.Limit);
        await Assert.ThrowsAnyAsync<Exception>(() => tasks[1].WaitAsync(Watch.Limit));
    }

    [Fact]
    public async Task One_whose_memory_was_given_back_too_early_fails_alone()
    {
        await using PublisherHarness harness = Packed();
        using var gone = new GoneMemory();
        Task<PublishReceipt> first = harness.Publish("a");
        Task<PublishReceipt> bad = harness.Publisher.PublishAsync("orders", "eu", gone.Memory).AsTask();
        Task<PublishReceipt>[] tasks = [first, harness.Publish("c"), harness.Publish("d")];

        FakePublishSession session = Begin(harness);

        await Task.WhenAll(tasks).WaitAsync(Watch.Limit);
        PublishException error = await Failed(bad, PublishFailure.NotSent);
        Assert.IsType<ObjectDisposedException>(error.InnerException);
        await harness.Publish("e").WaitAsync(Watch.Limit);
        Assert.Equal(["a", "c+d", "e"], session.Writes.Select(Content));
    }

    [Fact]
    public async Task A_single_message_lingers_for_company_and_a_batch_does_not()
    {
        await using PublisherHarness harness = Packed(static settings => settings with { PackLinger = TimeSpan.FromMilliseconds(50), PackMaxMessages = 3 });
        FakePublishSession session = Begin(harness);
        Task<PublishReceipt> one = harness.Publish("a");
        await session.QuietAsync();
        Assert.Empty(session.Writes);

        harness.Time.Advance(TimeSpan.FromMilliseconds(60));
        await one.WaitAsync(Watch.Limit);

        // As many as may travel together need not wait.
        await Task.WhenAll(harness.Publish("b"), harness.Publish("c"), harness.Publish("d")).WaitAsync(Watch.Limit);
        PublishBatchResult batch = await harness.Publisher.PublishBatchAsync([Message("e"), Message("f")]).AsTask().WaitAsync(Watch.Limit);

        Assert.True(batch.AllConfirmed);
        Assert.Equal(["a", "b+c+d", "e+f"], session.Writes.Select(Content));
    }

    private sealed class GoneMemory : MemoryManager<byte>
    {
        public override Memory<byte> Memory => CreateMemory(10);

        public override Span<byte> GetSpan() => throw new ObjectDisposedException(nameof(GoneMemory));

        public override MemoryHandle Pin(int elementIndex = 0) => throw new ObjectDisposedException(nameof(GoneMemory));

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    private static PublisherHarness Packed(Func<PublisherSettings, PublisherSettings>? change = null)
        => new(change: settings => (change ?? (static same => same))(settings with { Packing = true }), isReady: false);

    /// <summary>Lets the writer begin, when the session is as it shall be: with all that was published so far.</summary>
    private static FakePublishSession Begin(PublisherHarness harness, Func<WrittenMessage, Exception?>? fail = null, bool acks = true)
    {
        FakePublishSession session = harness.Open();
        session.Fail = fail;
        session.OnWrite = acks ? static (channel, message) => channel.Ack(message.Tag) : null;
        harness.Routes.Declared.SetResult();
        return session;
    }

    private static string[] Ids(WrittenMessage pack, int count)
    {
        PackIds ids = PackIds.Read(((BinaryTableValue)pack.Headers["x-pack-ids"]!).Bytes, count)!;
        return [.. Enumerable.Range(0, count).Select(ids.TextOf)];
    }

    private static string Content(WrittenMessage message)
    {
        if (!message.Headers.ContainsKey("springBatchFormat"))
        {
            return message.Text;
        }

        List<string> texts = [];
        for (int at = 0; at < message.Body.Length;)
        {
            int length = PackFormat.LengthAt(message.Body, at);
            texts.Add(System.Text.Encoding.UTF8.GetString(message.Body, at + 4, length));
            at += 4 + length;
        }

        return string.Join('+', texts);
    }
}

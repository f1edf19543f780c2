using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>What the driver's publish may throw, at once or later.</summary>
public sealed class LaneWriteErrorTests
{
    private static readonly Dictionary<string, Func<Exception>> NotHandedOver = new(StringComparer.Ordinal)
    {
        ["already closed"] = static () => new AlreadyClosedException(new ShutdownEventArgs(ShutdownInitiator.Library, 541, "gone")),
        ["frame queue completed"] = static () => new ChannelClosedException(),
        ["disposed"] = static () => new ObjectDisposedException("Channel"),
        ["cancelled"] = static () => new OperationCanceledException(),
    };

    public static TheoryData<string> GoneNames => [.. NotHandedOver.Keys];

    [Theory]
    [MemberData(nameof(GoneNames))]
    public async Task A_message_that_was_not_handed_over_does_not_count_as_sent(string name)
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        session.Fail = _ => Lose(session, NotHandedOver[name]());
        Task<PublishReceipt> task = harness.Publish("a", timeout: TimeSpan.FromSeconds(1));
        await harness.Watch.UntilAsync(() => session.IsDead && session.Channel.IsRetired);

        harness.Time.Advance(TimeSpan.FromSeconds(2));

        PublishException error = await Failed(task, PublishFailure.NotSent);
        Assert.Equal((0, false), (error.Attempts, error.MayBeStored));
    }

    [Fact]
    public async Task A_message_that_was_not_handed_over_goes_first_and_unmarked_on_the_next_session()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        await harness.PublishWrittenAsync(first, "a");
        first.Fail = _ => Lose(first, new ChannelClosedException());
        _ = harness.Publish("b");
        _ = harness.Publish("c");
        await harness.Watch.UntilAsync(() => first.IsDead);

        FakePublishSession second = harness.Open();
        await second.WrittenAsync(3);

        Assert.Equal(["a", "b", "c"], Texts(second.Writes));
        Assert.Equal([2, null, null], second.Writes.Select(static message => message.Attempt));
    }

    [Fact]
    public async Task A_closed_channel_on_a_living_session_is_replaced()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open().AckAll();
        session.Fail = _ =>
        {
            session.Fail = null;
            return Task.FromException(new ObjectDisposedException("Channel"));
        };

        Assert.Equal(1, (await Confirmed(harness.Publish("a"))).Attempts);
        Assert.Equal(2, session.Channels.Count);
    }

    [Fact]
    public async Task A_message_that_cannot_be_encoded_fails_alone()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        Task<PublishReceipt>[] before = await harness.PublishWrittenAsync(session, "a");
        session.Fail = static message => message.Is("bad") ? Task.FromException(new WireFormattingException("no such type")) : null;

        Task<PublishReceipt> bad = harness.Publish("bad");
        await harness.PublishWrittenAsync(session, "c");

        PublishException error = await Failed(bad, PublishFailure.NotSent);
        Assert.Equal((0, false), (error.Attempts, error.MayBeStored));
        Assert.IsType<WireFormattingException>(error.InnerException);
        Assert.Single(session.Channels);
        session.Channel.Ack(1);
        await Confirmed(before[0]);
    }

    [Fact]
    public async Task The_tag_of_a_message_that_cannot_be_encoded_goes_to_the_next()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        session.Fail = static message => message.Is("bad") ? Task.FromException(new OverflowException()) : null;
        Task<PublishReceipt> bad = harness.Publish("bad");
        Task<PublishReceipt> good = harness.Publish("good");
        await session.WrittenAsync(1);

        session.Channel.Ack(1);

        await Confirmed(good);
        await Failed(bad, PublishFailure.NotSent);
    }

    [Fact]
    public async Task A_write_thrown_at_once_is_like_one_that_fails_later()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        session.Fail = static message => message.Is("bad") ? throw new ArgumentException("too long") : null;
        Task<PublishReceipt> bad = harness.Publish("bad");

        await harness.PublishWrittenAsync(session, "good");

        await Failed(bad, PublishFailure.NotSent);
    }

    [Fact]
    public async Task A_write_that_failed_for_unclear_reasons_counts_as_sent_and_is_replayed_marked()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open().AckAll();
        session.Fail = _ =>
        {
            session.Fail = null;
            return Task.FromException(new InvalidOperationException("who knows"));
        };

        Assert.Equal(2, (await Confirmed(harness.Publish("a"))).Attempts);
        Assert.Equal(2, Assert.Single(session.Writes).Attempt);
        Assert.Equal(2, session.Channels.Count);
    }

    [Fact]
    public async Task A_write_that_waits_and_then_fails_leaves_the_message_to_the_next_session()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        var pending = new TaskCompletionSource();
        first.Accept = _ => pending.Task;
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(first, "a");

        first.Kill();
        pending.SetException(new OperationCanceledException());
        FakePublishSession second = harness.Open().AckAll();

        await Confirmed(tasks[0]);
        Assert.Equal(["a"], Texts(second.Writes));
    }

    [Fact]
    public async Task Nothing_more_is_written_while_a_write_waits()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        var pending = new TaskCompletionSource();
        session.Accept = message => message.Is("a") ? pending.Task : null;
        await harness.PublishWrittenAsync(session, "a");

        _ = harness.Publish("b");
        Assert.Single(session.Writes);
        pending.SetResult();
        await session.WrittenAsync(2);
    }

    [Fact]
    public async Task The_deadline_runs_while_a_write_waits()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession session = harness.Open();
        var pending = new TaskCompletionSource();
        session.Accept = _ => pending.Task;
        Task<PublishReceipt>[] tasks = await harness.PublishWrittenAsync(session, "a");

        harness.Time.Advance(Lifetime + TimeSpan.FromMilliseconds(100));

        await Failed(tasks[0], PublishFailure.Unknown);
        pending.SetResult();
    }

    private static Task Lose(FakePublishSession session, Exception exception)
    {
        session.Kill();
        return Task.FromException(exception);
    }
}

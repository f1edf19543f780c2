using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>What is new waits after a loss for the copies of its own ordering key, not for those of its neighbours.</summary>
public sealed class ReplayOrderTests
{
    [Fact]
    public async Task A_new_message_goes_right_behind_the_copies_of_its_own_key()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        _ = Publish(harness, "a1", "a");
        _ = Publish(harness, "b1", "b");
        _ = Publish(harness, "a2", "a");
        _ = Publish(harness, "a3", "a");
        await first.WrittenAsync(4);

        first.Kill();
        _ = Publish(harness, "a4", "a");
        _ = Publish(harness, "b2", "b");
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(6);

        Assert.Equal(["b1", "b2", "a1", "a2", "a3", "a4"], Texts(second.Writes));
    }

    [Fact]
    public async Task A_key_of_which_nothing_was_out_does_not_wait_for_others()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        _ = Publish(harness, "a1", "a");
        _ = Publish(harness, "a2", "a");
        await first.WrittenAsync(2);

        first.Kill();
        _ = Publish(harness, "new", "c");
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(3);

        Assert.Equal(["new", "a1", "a2"], Texts(second.Writes));
    }

    [Fact]
    public async Task Without_keys_of_the_callers_exchange_and_routing_key_are_the_key()
    {
        await using var harness = new PublisherHarness();
        FakePublishSession first = harness.Open();
        await harness.PublishWrittenAsync(first, "o1", "o2");

        first.Kill();
        _ = harness.Publish("bill", "bills");
        _ = harness.Publish("o3");
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(4);

        Assert.Equal(["bill", "o1", "o2", "o3"], Texts(second.Writes));
    }

    [Fact]
    public async Task A_key_with_many_copies_is_passed_once_and_then_has_its_turn()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { InFlightWindow = 4 });
        FakePublishSession first = harness.Open();
        foreach (string text in (string[])["a1", "a2", "a3", "a4", "a5", "a6"])
        {
            _ = Publish(harness, text, "a");
        }

        await first.WrittenAsync(4);
        first.Kill();
        _ = Publish(harness, "b1", "b");
        FakePublishSession second = harness.Open();
        await second.WrittenAsync(4);
        _ = Publish(harness, "c1", "c");
        second.Channel.Ack(4, multiple: true);
        await second.WrittenAsync(8);

        Assert.Equal(["b1", "a1", "a2", "a3", "a4", "a5", "a6", "c1"], Texts(second.Writes));
    }

    [Fact]
    public async Task What_was_not_lost_keeps_the_order_of_the_calls_over_all_keys()
    {
        await using var harness = new PublisherHarness();
        _ = Publish(harness, "a1", "a");
        _ = Publish(harness, "a2", "a");
        _ = Publish(harness, "b1", "b");
        FakePublishSession session = harness.Open();
        await session.WrittenAsync(3);

        Assert.Equal(["a1", "a2", "b1"], Texts(session.Writes));
    }

    private static Task<PublishReceipt> Publish(PublisherHarness harness, string text, string key) => harness.Publisher.PublishAsync(Message(text, key: key)).AsTask();
}

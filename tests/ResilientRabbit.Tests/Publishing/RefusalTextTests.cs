using Xunit;
using static ResilientRabbit.Tests.Publishing.PublisherHarness;

namespace ResilientRabbit.Tests.Publishing;

public sealed class RefusalTextTests
{
    [Fact]
    public async Task A_declared_exchange_that_is_missing_until_the_deadline_is_refused_with_the_brokers_words()
    {
        await using var harness = new PublisherHarness();
        harness.Routes.Known.Add("orders");
        FakePublishSession session = harness.Open();
        Task<PublishReceipt> task = harness.Publish("a", timeout: TimeSpan.FromMilliseconds(10));
        await session.WrittenAsync(1);
        session.Channel.Close(404, "NOT_FOUND - no exchange 'orders' in vhost '/'");
        await harness.Watch.UntilAsync(() => session.Channels.Count == 2);
        await session.QuietAsync();

        harness.Time.Advance(TimeSpan.FromMilliseconds(50));

        PublishException error = await Failed(task, PublishFailure.Refused);
        Assert.Equal((404, false), (error.ReplyCode, error.MayBeStored));
        Assert.DoesNotContain("nacked", error.Message, StringComparison.Ordinal);
    }
}

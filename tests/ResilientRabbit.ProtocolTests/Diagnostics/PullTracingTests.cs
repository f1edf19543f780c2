using System.Diagnostics;
using ResilientRabbit.ProtocolTests.Conformance;
using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Diagnostics;

/// <summary>The trace of a message that is pulled. Alone: see <see cref="ActivityRecorder"/>.</summary>
[Collection(AloneGroup.Name)]
public sealed class PullTracingTests
{
    private static readonly ActivitySource Caller = new("ResilientRabbit.ProtocolTests.Puller");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pulled_message_is_traced_from_its_publisher_over_the_pull_to_its_retry(bool asChild)
    {
        using var activities = new ActivityRecorder(ResilientRabbitTelemetry.Name, Caller.Name);
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        string id = Guid.NewGuid().ToString("N");
        await Bed.PublishAsync(client, id);
        Activity publish = Assert.Single(activities.Of(id, "publish"));
        var options = new ConsumerOptions { TraceAsChild = asChild, RetryDelays = [TimeSpan.FromMinutes(5)] };
        Activity caller = Caller.StartActivity("puller")!;
        PulledMessage pulled;
        using (caller)
        {
            pulled = await PullAsync(client, options);
            Assert.Same(caller, Activity.Current);
        }

        Assert.True(await pulled.SettleAsync(Settlement.Retry));

        Activity receive = Assert.Single(activities.Of(id, "receive"));
        Assert.Equal((ActivityKind.Client, "receive q", "receive"), (receive.Kind, receive.OperationName, receive.GetTagItem("messaging.operation.type")));
        Assert.True(receive.Duration > TimeSpan.Zero);
        Activity parent = asChild ? publish : caller;
        Assert.Equal((parent.TraceId, parent.SpanId), (receive.TraceId, receive.ParentSpanId));
        Assert.Equal(asChild ? [] : [publish.SpanId], receive.Links.Select(static link => link.Context.SpanId));
        Activity copy = Assert.Single(activities.Of(id, "publish"), activity => activity != publish);
        Assert.Equal((receive.TraceId, receive.SpanId), (copy.TraceId, copy.ParentSpanId));
    }

    private static async Task<PulledMessage> PullAsync(RabbitClient client, ConsumerOptions options)
    {
        using var patience = new CancellationTokenSource(Bed.Patience);
        while (true)
        {
            if (await client.GetAsync(Bed.Queue, options, patience.Token) is { } pulled)
            {
                return pulled;
            }
        }
    }
}

using System.Diagnostics;
using ResilientRabbit.ProtocolTests.Conformance;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Diagnostics;

/// <summary>A trace from the publishing caller to the handler, connected at every step, whatever happens in between.</summary>
[Collection(AloneGroup.Name)]
public sealed class TracingTests
{
    private const string Driver = "RabbitMQ.Client.Subscriber";
    private static readonly ActivitySource Caller = new("ResilientRabbit.ProtocolTests.Caller");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_replayed_message_is_traced_from_its_caller_to_its_handler(bool asChild)
    {
        using var activities = new ActivityRecorder(ResilientRabbitTelemetry.Name, Caller.Name);
        await using Bed bed = await Bed.StartAsync();
        await using RabbitClient client = bed.NewClient();
        await Bed.PublishAsync(client, "warm-up");
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicPublish).Reset();
        string id = Unique();
        ActivityContext inHandler = default;
        Task<PublishReceipt> publishing;
        Activity caller = Caller.StartActivity("caller")!;
        using (caller)
        {
            publishing = Bed.PublishAsync(client, id);
            Assert.Same(caller, Activity.Current);
        }

        PublishReceipt receipt = await publishing.WaitAsync(Bed.Patience);
        await using ISubscription subscription = await Bed.SubscribeAsync(client, message =>
        {
            inHandler = inHandler == default && id.Equals(message.MessageId, StringComparison.Ordinal) ? Activity.Current?.Context ?? default : inHandler;
            return Settlement.Ack;
        }, options => options.TraceAsChild = asChild);
        await Bed.UntilAsync(() => activities.Of(id, "process").Count >= 1, "the handler's activity");

        Assert.Equal((1, 2), (lost.Fired, receipt.Attempts));
        Activity publish = Assert.Single(activities.Of(id, "publish"));
        Assert.Equal((ActivityKind.Producer, "publish amq.default"), (publish.Kind, publish.OperationName));
        Assert.Equal((caller.TraceId, caller.SpanId), (publish.TraceId, publish.ParentSpanId));
        Assert.Equal(2, publish.GetTagItem("rabbitmq.client.publish.attempts"));
        Assert.Single(publish.Events, static step => step.Name is "retry");
        Assert.Equal(ActivityStatusCode.Unset, publish.Status);
        Assert.Equal(bed.Port, publish.GetTagItem("server.port"));
        // Both copies may be stored.
        Activity process = activities.Of(id, "process")[0];
        Assert.Equal((ActivityKind.Consumer, "process q"), (process.Kind, process.OperationName));
        Assert.Equal(inHandler.SpanId, process.SpanId);
        if (asChild)
        {
            Assert.Equal((publish.TraceId, publish.SpanId), (process.TraceId, process.ParentSpanId));
        }
        else
        {
            Assert.Equal(default, process.ParentSpanId);
            ActivityLink link = Assert.Single(process.Links);
            Assert.Equal((publish.TraceId, publish.SpanId), (link.Context.TraceId, link.Context.SpanId));
        }
    }

    [Fact]
    public async Task Each_copy_carries_the_context_of_its_own_call_over_lanes_and_connections()
    {
        using var activities = new ActivityRecorder(ResilientRabbitTelemetry.Name, Caller.Name);
        await using Bed bed = await Bed.StartAsync();
        await using RabbitClient client = bed.NewClient(static options =>
        {
            options.Publisher.Connections = 2;
            options.Publisher.Lanes = 4;
            options.Publisher.PreserveOrder = false;
        });
        await Bed.PublishAsync(client, "warm-up");
        FaultHandle lost = bed.Faults.FromClient(AmqpMethod.BasicPublish).Nth(20).Times(2).Reset();
        string prefix = Unique();
        List<(string Id, string Trace)> calls = [];
        List<Task<PublishReceipt>> publishing = [];
        for (int number = 0; number < 200; number++)
        {
            using Activity caller = Caller.StartActivity("caller")!;
            string id = $"{prefix}-{number}";
            calls.Add((id, caller.TraceId.ToHexString()));
            publishing.Add(Bed.PublishAsync(client, id));
        }

        await Bed.AllAsync(publishing);

        Assert.True(lost.Fired > 0);
        ILookup<string?, string> stored = bed.Broker.GetMessages(Bed.Queue).ToLookup(static message => message.MessageId, static message => TraceOf(message));
        Assert.All(calls, call => Assert.All(stored[call.Id].DefaultIfEmpty("missing"), trace => Assert.Equal(call.Trace, trace)));
    }

    // Deliveries go past the driver: its own activity of them does not exist, and what was current when the connection was opened is nobody's parent.
    [Fact]
    public async Task The_handlers_activity_is_linked_to_the_publisher_and_has_no_other_parent()
    {
        using var activities = new ActivityRecorder(ResilientRabbitTelemetry.Name, Driver, Caller.Name);
        await using Bed bed = await Bed.StartAsync();
        await using RabbitClient client = bed.NewClient();
        string id = Unique();
        using Activity opener = Caller.StartActivity("opener")!;
        await using ISubscription subscription = await Bed.SubscribeAsync(client, static _ => Settlement.Ack);
        await Bed.PublishAsync(client, id);
        await Bed.UntilAsync(() => activities.Of(id, "process").Count == 1, "the handler's activity");

        Activity publish = Assert.Single(activities.Of(id, "publish"));
        Activity process = Assert.Single(activities.Of(id, "process"));
        Assert.Equal(opener.SpanId, publish.ParentSpanId);
        Assert.Equal(default, process.ParentSpanId);
        Assert.Equal(publish.SpanId, Assert.Single(process.Links).Context.SpanId);
        Assert.Empty(activities.Of(id, "deliver"));
    }

    [Fact]
    public async Task A_retry_is_traced_through_its_copy()
    {
        using var activities = new ActivityRecorder(ResilientRabbitTelemetry.Name);
        await using Bed bed = await Bed.StartAsync();
        await using RabbitClient client = bed.NewClient();
        string id = Unique();
        await Bed.PublishAsync(client, id);

        await using ISubscription subscription = await Bed.SubscribeAsync(
            client, static message => message.Attempt == 1 ? throw new FormatException("not today") : Settlement.Ack, static options => options.RetryDelays = [TimeSpan.FromMilliseconds(20)]);
        await Bed.UntilAsync(() => activities.Of(id, "process").Count == 2 && activities.Of(id, "publish").Count == 2, "the second attempt");

        Activity original = activities.Of(id, "publish").Single(static activity => activity.ParentSpanId == default);
        Activity first = activities.Of(id, "process").Single(activity => activity.Links.Any(link => link.Context.SpanId == original.SpanId));
        Activity copy = activities.Of(id, "publish").Single(activity => activity.ParentSpanId == first.SpanId);
        Activity second = activities.Of(id, "process").Single(activity => activity.Links.Any(link => link.Context.SpanId == copy.SpanId));
        Assert.Equal((ActivityStatusCode.Error, "System.FormatException"), (first.Status, first.GetTagItem("error.type")));
        Assert.Equal("Ack", second.GetTagItem("rabbitmq.client.settlement"));
    }

    [Fact]
    public async Task Connecting_and_reconnecting_are_traces_of_their_own_with_an_event_for_each_failed_attempt()
    {
        using var activities = new ActivityRecorder(ResilientRabbitTelemetry.Name, Caller.Name);
        await using Bed bed = await Bed.StartAsync();
        string name = Unique();
        await using RabbitClient client = bed.NewClient(options => options.ClientName = name);
        using (Activity caller = Caller.StartActivity("caller")!)
        {
            await Bed.PublishAsync(client, "a");
        }

        FaultHandle refused = bed.Faults.AtConnect().Times(2).Refuse();
        await bed.Broker.CloseAllConnectionsAsync();
        await Bed.UntilAsync(() => Named(activities, name, "reconnect").Count == 1, "the connection is back");

        Assert.Equal(2, refused.Fired);
        Assert.Single(Named(activities, name, "connect"));
        Assert.All(Named(activities, name, "connect").Concat(Named(activities, name, "reconnect")), static activity =>
        {
            Assert.Equal(default, activity.ParentSpanId);
            Assert.Equal(ActivityStatusCode.Unset, activity.Status);
        });
        Assert.Equal(2, Named(activities, name, "reconnect").Sum(static activity => activity.Events.Count(static step => step.Name is "attempt failed")));
    }

    [Fact]
    public async Task A_message_that_fails_ends_its_activity_with_the_outcome()
    {
        using var activities = new ActivityRecorder(ResilientRabbitTelemetry.Name);
        await using Bed bed = await Bed.StartAsync();
        await using RabbitClient client = bed.NewClient();
        string id = Unique();

        await Bed.FailsAsync(Bed.PublishAsync(client, id, routingKey: "nowhere"));

        Activity publish = Assert.Single(activities.Of(id, "publish"));
        Assert.Equal((ActivityStatusCode.Error, "Unroutable"), (publish.Status, publish.GetTagItem("error.type")));
    }

    [Fact]
    public async Task A_listener_that_throws_costs_no_message()
    {
        string id = Unique();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is ResilientRabbitTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (id.Equals(activity.GetTagItem("messaging.message.id") as string, StringComparison.Ordinal))
                {
                    throw new InvalidOperationException("the listener's own fault");
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using Bed bed = await Bed.StartAsync();
        await using RabbitClient client = bed.NewClient();
        int handled = 0;
        await using ISubscription subscription = await Bed.SubscribeAsync(client, _ =>
        {
            Interlocked.Increment(ref handled);
            return Settlement.Ack;
        });

        PublishReceipt receipt = await Bed.PublishAsync(client, id).WaitAsync(Bed.Patience);
        await Bed.UntilAsync(() => subscription.Status.Acknowledged == 1, "the acknowledgement");

        Assert.Equal((id, 1), (receipt.MessageId, handled));
    }

    private static string Unique() => Guid.NewGuid().ToString("N");

    private static IReadOnlyList<Activity> Named(ActivityRecorder activities, string client, string name)
        => [.. activities.Stopped.Where(activity => name.Equals(activity.OperationName, StringComparison.Ordinal) && activity.GetTagItem("rabbitmq.client.connection.name") is string connection && connection.StartsWith(client, StringComparison.Ordinal))];

    // 00-<trace>-<span>-<flags>
    private static string TraceOf(BrokerMessage message)
        => message.Headers?.TryGetValue("traceparent", out object? header) == true ? (header as string ?? System.Text.Encoding.ASCII.GetString((byte[])header!)).Split('-')[1] : "none";
}

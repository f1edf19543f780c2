using System.Diagnostics;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>Measures and traces the handlers of one subscription.</summary>
internal sealed class HandlerTelemetry(ClientTelemetry client, ConsumerSettings settings, TimeProvider time)
{
    /// <summary>Begins the run of a handler, whose activity becomes the current one. Null when nobody listens.</summary>
    public HandlerRun? Begin(Delivery delivery)
    {
        // What was current when the worker's loop began belongs to somebody else.
        Activity.Current = null;
        Instruments all = client.Instruments;
        bool isMeasured = all.ProcessDuration.Enabled || all.ConsumedMessages.Enabled || all.Redelivered.Enabled;
        if (!isMeasured && !Tracing.Source.HasListeners())
        {
            return null;
        }

        Activity? trace = StartTrace(delivery);
        delivery.HandlerContext = trace?.Context ?? default;
        Activity.Current = trace;
        return new HandlerRun(client, settings.Queue, delivery.Message.Redelivered, trace, time);
    }

    private Activity? StartTrace(Delivery delivery)
    {
        if (!Tracing.Source.HasListeners())
        {
            return null;
        }

        ActivityContext publisher = TraceHeaders.Extract(delivery.Message.Headers);
        ActivityContext parent = settings.TraceAsChild ? publisher : default;
        ActivityLink[] links = publisher == parent ? [] : [new ActivityLink(publisher)];
        return Tracing.Start($"{TelemetryTags.Process} {settings.Queue}", ActivityKind.Consumer, parent, TagsOf(delivery, settings, client, TelemetryTags.Process), links);
    }

    /// <summary>The tags of an activity about one message.</summary>
    public static KeyValuePair<string, object?>[] TagsOf(Delivery delivery, ConsumerSettings settings, ClientTelemetry client, string operation)
    {
        ReceivedMessage message = delivery.Message;
        string destination = string.Join(':', new[] { message.Exchange, message.RoutingKey, settings.Queue }.Where(static part => part.Length > 0).Distinct(StringComparer.Ordinal));
        return
        [
            TelemetryTags.Of(TelemetryTags.System, TelemetryTags.SystemRabbit),
            TelemetryTags.Of(TelemetryTags.OperationName, operation),
            TelemetryTags.Of(TelemetryTags.OperationType, operation),
            TelemetryTags.Of(TelemetryTags.Destination, destination),
            TelemetryTags.Of(TelemetryTags.RoutingKey, message.RoutingKey),
            TelemetryTags.Of(TelemetryTags.DeliveryTag, (long)delivery.Tag),
            TelemetryTags.Of(TelemetryTags.MessageId, message.MessageId),
            TelemetryTags.Of(TelemetryTags.ConversationId, message.CorrelationId),
            TelemetryTags.Of(TelemetryTags.BodySize, message.Body.Length),
            TelemetryTags.Of(TelemetryTags.Redelivered, message.Redelivered),
            client.NameTag,
        ];
    }
}

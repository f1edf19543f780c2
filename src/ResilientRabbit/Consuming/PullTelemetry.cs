using System.Diagnostics;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>Measures and traces messages that are pulled. Without a handler there is no duration: the activity covers the request.</summary>
internal static class PullTelemetry
{
    /// <summary>Takes note of a message that is handed to the application.</summary>
    /// <param name="delivery">The message; what is published on its behalf belongs to the activity.</param>
    /// <param name="settings">Where it is from.</param>
    /// <param name="client">Who counts.</param>
    /// <param name="askedAt">When it was asked for.</param>
    public static void Note(Delivery delivery, ConsumerSettings settings, ClientTelemetry client, DateTimeOffset askedAt)
    {
        client.Pulled(settings.Queue, delivery.Message.Redelivered);
        if (!Tracing.Source.HasListeners())
        {
            return;
        }

        ActivityContext publisher = TraceHeaders.Extract(delivery.Message.Headers);
        ActivityContext parent = settings.TraceAsChild && publisher != default ? publisher : Activity.Current?.Context ?? default;
        ActivityLink[] links = publisher == default || publisher == parent ? [] : [new ActivityLink(publisher)];
        KeyValuePair<string, object?>[] tags = HandlerTelemetry.TagsOf(delivery, settings, client, TelemetryTags.Receive);
        Activity? trace = Tracing.Start($"{TelemetryTags.Receive} {settings.Queue}", ActivityKind.Client, parent, tags, links, askedAt);
        delivery.HandlerContext = trace?.Context ?? default;
        Tracing.End(trace);
    }
}

using System.Diagnostics;
using ResilientRabbit.Configuration;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>
/// The producer's activity of a message: from the call to the outcome, over all its copies. Its context goes into the headers at the call, so that each copy
/// carries it, whichever lane or connection it takes.
/// </summary>
internal static class PublishTracing
{
    /// <summary>Begins the activity of a message that was accepted, or hands on the caller's context when nobody records this message.</summary>
    public static void Begin(PendingMessage message)
    {
        ActivityContext parent = Tracing.PublishParent;
        string exchange = TelemetryTags.ExchangeName(message.Exchange);
        Activity? trace = Tracing.Start($"{TelemetryTags.Publish} {exchange}", ActivityKind.Producer, parent, TagsOf(message));
        if (trace is not null)
        {
            message.Trace = trace;
        }

        if ((trace ?? Activity.Current) is { } context)
        {
            TraceHeaders.Inject(context, message.Headers);
        }
    }

    /// <summary>A copy is being written.</summary>
    public static void Copied(PendingMessage message, RabbitEndpoint? server)
    {
        if (message.Trace is not { } trace)
        {
            return;
        }

        if (server is { } endpoint)
        {
            trace.SetTag(TelemetryTags.ServerAddress, endpoint.Host).SetTag(TelemetryTags.ServerPort, endpoint.Port);
        }

        if (message.Attempts > 1)
        {
            Tracing.AddEvent(trace, "retry", TelemetryTags.Of(TelemetryTags.Attempts, message.Attempts), TelemetryTags.Of(TelemetryTags.ServerAddress, server?.ToString()));
        }
    }

    /// <summary>A copy was nacked.</summary>
    public static void Nacked(PendingMessage message)
    {
        if (message.Trace is { } trace)
        {
            Tracing.AddEvent(trace, "nack", TelemetryTags.Of(TelemetryTags.Attempts, message.Attempts));
        }
    }

    /// <summary>The outcome.</summary>
    public static void End(PendingMessage message, Exception? error)
    {
        Activity trace = message.Trace!;
        message.Trace = null;
        trace.SetTag(TelemetryTags.Attempts, message.Attempts);
        string? failure = error switch
        {
            null => null,
            PublishException publish => publish.Failure.ToString(),
            PublishCanceledException canceled => canceled.Failure.ToString(),
            _ => error.GetType().FullName,
        };
        Tracing.End(trace, failure, error?.Message);
    }

    // The full name stands on activities only: routing keys may be without number.
    private static string DestinationOf(PendingMessage message) => (message.Exchange.Length, message.RoutingKey.Length) switch
    {
        (0, 0) => TelemetryTags.DefaultExchange,
        (0, _) => message.RoutingKey,
        (_, 0) => message.Exchange,
        _ => $"{message.Exchange}:{message.RoutingKey}",
    };

    private static KeyValuePair<string, object?>[] TagsOf(PendingMessage message)
    {
        List<KeyValuePair<string, object?>> tags =
        [
            TelemetryTags.Of(TelemetryTags.System, TelemetryTags.SystemRabbit),
            TelemetryTags.Of(TelemetryTags.OperationName, TelemetryTags.Publish),
            TelemetryTags.Of(TelemetryTags.OperationType, TelemetryTags.Send),
            TelemetryTags.Of(TelemetryTags.Destination, DestinationOf(message)),
            TelemetryTags.Of(TelemetryTags.RoutingKey, message.RoutingKey),
            TelemetryTags.Of(TelemetryTags.MessageId, message.MessageId),
            TelemetryTags.Of(TelemetryTags.BodySize, message.Size),
        ];
        if (message.ConversationId is { } conversation)
        {
            tags.Add(TelemetryTags.Of(TelemetryTags.ConversationId, conversation));
        }

        return [.. tags];
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;

namespace ResilientRabbit.Samples.FailoverDemo.Pictures;

/// <summary>Keeps the activities of messages that were sent again, from the caller to the handler.</summary>
internal sealed class TraceRecorder : IDisposable
{
    private const int MostKept = 50_000;
    private const string CallersName = "FailoverDemo";

    /// <summary>The application's own activities: the callers.</summary>
    public static readonly ActivitySource Callers = new(CallersName);

    private readonly ActivityListener _listener;
    private readonly ConcurrentDictionary<ActivitySpanId, Activity> _callers = new();
    private readonly ConcurrentQueue<Activity> _sentAgain = new();
    private readonly ConcurrentDictionary<ActivitySpanId, Activity> _handlers = new();

    public TraceRecorder()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is CallersName or ResilientRabbitTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Keep,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>A message that was sent again and handled after that: its caller's activity, the publisher's and the handler's. None when there was no such message.</summary>
    public (Activity Caller, Activity Publish, Activity Process)? Find()
    {
        foreach (var publish in _sentAgain)
        {
            if (_callers.TryGetValue(publish.ParentSpanId, out var caller)
                && _handlers.TryGetValue(publish.SpanId, out var process)
                && publish.Events.All(happened => happened.Timestamp.UtcDateTime < process.StartTimeUtc))
            {
                return (caller, publish, process);
            }
        }

        return null;
    }

    public void Dispose() => _listener.Dispose();

    private void Keep(Activity activity)
    {
        if (activity.Source.Name is CallersName)
        {
            KeepIn(_callers, activity.SpanId, activity);
        }
        else if (activity.Kind == ActivityKind.Producer && activity.Events.Any(static happened => happened.Name is "retry"))
        {
            _sentAgain.Enqueue(activity);
        }
        else if (activity.Kind == ActivityKind.Consumer)
        {
            foreach (var link in activity.Links)
            {
                KeepIn(_handlers, link.Context.SpanId, activity);
            }
        }
    }

    private static void KeepIn(ConcurrentDictionary<ActivitySpanId, Activity> kept, ActivitySpanId key, Activity activity)
    {
        // The demo sends more than that in an hour only; what was sent again comes early.
        if (kept.Count < MostKept)
        {
            kept.TryAdd(key, activity);
        }
    }
}

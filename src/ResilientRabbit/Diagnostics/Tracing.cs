using System.Diagnostics;

namespace ResilientRabbit.Diagnostics;

/// <summary>The source of our activities, and how they begin and end without leaving a trace in whatever thread that happens on.</summary>
internal static class Tracing
{
    public static readonly ActivitySource Source = new(ResilientRabbitTelemetry.Name, ResilientRabbitTelemetry.Version);

    /// <summary>The parent of a message that the SDK itself publishes on behalf of a handler that has returned.</summary>
    private static readonly AsyncLocal<ActivityContext> OnBehalfOf = new();

    /// <summary>Sets the parent of what this flow publishes from here on; ends with the asynchronous method that calls it.</summary>
    public static void PublishOnBehalfOf(ActivityContext parent) => OnBehalfOf.Value = parent;

    /// <summary>The context that a message published here and now belongs to.</summary>
    public static ActivityContext PublishParent => OnBehalfOf.Value is { } parent && parent != default ? parent : Activity.Current?.Context ?? default;

    /// <summary>Starts an activity that does not become the current one. Null when nobody wants it.</summary>
    public static Activity? Start(string name, ActivityKind kind, ActivityContext parent, IEnumerable<KeyValuePair<string, object?>>? tags = null, IEnumerable<ActivityLink>? links = null, DateTimeOffset startTime = default)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        Activity? before = Activity.Current;
        try
        {
            // Without a parent of its own it would take the current one: on a loop's thread that is whoever happened to start the loop.
            Activity.Current = null;
            return Source.StartActivity(name, kind, parent, tags, links, startTime);
        }
        catch (Exception)
        {
            // A listener's own fault: tracing never breaks what is traced.
            return null;
        }
        finally
        {
            Activity.Current = before;
        }
    }

    /// <summary>Ends an activity, and with it nobody else's.</summary>
    public static void End(Activity? activity, string? errorType = null, string? description = null)
    {
        if (activity is null)
        {
            return;
        }

        Activity? before = Activity.Current;
        try
        {
            if (errorType is not null)
            {
                activity.SetTag(TelemetryTags.ErrorType, errorType);
                activity.SetStatus(ActivityStatusCode.Error, description);
            }

            activity.Stop();
        }
        catch (Exception)
        {
            // As above.
        }
        finally
        {
            Activity.Current = before;
        }
    }

    /// <summary>Adds an event with up to three tags.</summary>
    public static void AddEvent(Activity? activity, string name, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
        => activity?.AddEvent(new ActivityEvent(name, tags: [.. tags]));
}

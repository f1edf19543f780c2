using System.Collections.Concurrent;
using System.Diagnostics;

namespace ResilientRabbit.ProtocolTests.Diagnostics;

/// <summary>
/// Records activities of the SDK, of a test and, when wanted, of the driver. While one listens, every message of the process is traced: it has a header more
/// and is not packed. So tests that listen run in <see cref="Conformance.AloneGroup"/>; <see cref="AloneGroupTests"/> keeps it so.
/// </summary>
public sealed class ActivityRecorder : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _stopped = new();

    public ActivityRecorder(params string[] sources)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => sources.Contains(source.Name, StringComparer.Ordinal),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IReadOnlyList<Activity> Stopped => [.. _stopped];

    /// <summary>The activities of the SDK for the message with this id.</summary>
    public IReadOnlyList<Activity> Of(string messageId, string operation)
        => [.. Stopped.Where(activity => messageId.Equals(activity.GetTagItem("messaging.message.id") as string, StringComparison.Ordinal) && operation.Equals(activity.GetTagItem("messaging.operation.name") as string, StringComparison.Ordinal))];

    public void Dispose() => _listener.Dispose();
}

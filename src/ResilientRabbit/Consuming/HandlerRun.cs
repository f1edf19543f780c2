using System.Diagnostics;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>One run of a handler that somebody measures or traces.</summary>
internal sealed class HandlerRun(ClientTelemetry client, string queue, bool isRedelivered, Activity? trace, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public void Returned(Settlement settlement)
    {
        trace?.SetTag(TelemetryTags.Settlement, settlement.ToString());
        End(null, null);
    }

    public void Failed(Exception exception) => End(exception.GetType().FullName, exception.Message);

    private void End(string? errorType, string? description)
    {
        client.Processed(queue, isRedelivered, time.GetElapsedTime(_start), errorType);
        Tracing.End(trace, errorType, description);
    }
}

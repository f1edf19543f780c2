using System.Diagnostics.Tracing;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>Attributes allocated bytes to types by the runtime's allocation ticks, one for each 100 KiB.</summary>
internal sealed class AllocationSampler : EventListener
{
    private const int GcKeyword = 1;

    private readonly Dictionary<string, long> _bytes = new(StringComparer.Ordinal);
    private EventSource? _runtime;
    private volatile bool _running;

    public void Start()
    {
        EnableEvents(_runtime!, EventLevel.Verbose, (EventKeywords)GcKeyword);
        _running = true;
    }

    public void Stop()
    {
        _running = false;
        DisableEvents(_runtime!);
    }

    /// <summary>Bytes per message by type, the largest first.</summary>
    public Dictionary<string, double> BytesByType(int messages)
    {
        lock (_bytes)
        {
            return _bytes.OrderByDescending(static pair => pair.Value).Take(16)
                .ToDictionary(static pair => pair.Key, pair => Math.Round((double)pair.Value / messages, 1), StringComparer.Ordinal);
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (string.Equals(eventSource.Name, "Microsoft-Windows-DotNETRuntime", StringComparison.Ordinal))
        {
            _runtime = eventSource;
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (!_running || eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true)
        {
            return;
        }

        string type = (string)eventData.Payload![eventData.PayloadNames!.IndexOf("TypeName")]!;
        long amount = (long)(ulong)eventData.Payload[eventData.PayloadNames.IndexOf("AllocationAmount64")]!;
        lock (_bytes)
        {
            _bytes[type] = _bytes.GetValueOrDefault(type) + amount;
        }
    }
}

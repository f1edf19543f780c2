using System.Diagnostics;
using System.Text;

namespace ResilientRabbit.Diagnostics;

/// <summary>Puts a trace's context into the headers of a message and reads it there, in the form that the process's propagator has (W3C: <c>traceparent</c>, <c>tracestate</c>).</summary>
internal static class TraceHeaders
{
    /// <summary>What the headers of the context may add: there is room for it beside the largest headers of an application.</summary>
    private const int MaxBytes = 1024;

    /// <summary>Writes the context of the activity.</summary>
    public static void Inject(Activity activity, IDictionary<string, object?> headers)
    {
        try
        {
            DistributedContextPropagator.Current.Inject(activity, new Carrier(headers), static (carrier, name, value) => ((Carrier)carrier!).Set(name, value));
        }
        catch (Exception)
        {
            // A propagator of the application: its faults cost the message nothing but its place in the trace.
        }
    }

    /// <summary>Reads the publisher's context; default when there is none.</summary>
    public static ActivityContext Extract(IReadOnlyDictionary<string, object?> headers)
    {
        try
        {
            DistributedContextPropagator.Current.ExtractTraceIdAndState(headers, Get, out string? id, out string? state);
            return id is not null && ActivityContext.TryParse(id, state, isRemote: true, out ActivityContext context) ? context : default;
        }
        catch (Exception)
        {
            return default;
        }
    }

    private static void Get(object? carrier, string name, out string? value, out IEnumerable<string>? values)
    {
        values = null;
        value = ((IReadOnlyDictionary<string, object?>)carrier!).TryGetValue(name, out object? header)
            ? header switch { byte[] bytes => Encoding.UTF8.GetString(bytes), string text => text, _ => null }
            : null;
    }

    private sealed class Carrier(IDictionary<string, object?> headers)
    {
        private int _bytes;

        public void Set(string name, string value)
        {
            int bytes = Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value) + 6;
            if (name.Length <= 255 && _bytes + bytes <= MaxBytes)
            {
                _bytes += bytes;
                headers[name] = value;
            }
        }
    }
}

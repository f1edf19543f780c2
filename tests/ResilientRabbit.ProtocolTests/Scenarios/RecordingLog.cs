using Microsoft.Extensions.Logging;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Keeps every line of the log from a level on, with the exception where there is one.</summary>
internal sealed class RecordingLog(LogLevel least = LogLevel.Trace) : LogSink
{
    private readonly List<(int Event, string Message, Exception? Exception)> _lines = [];

    /// <summary>All lines so far, each with its exception.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines.Select(static line => line.Message + line.Exception)];
            }
        }
    }

    /// <summary>All lines so far, without the exceptions: what stands on one line of a log.</summary>
    public IReadOnlyList<string> Messages
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines.Select(static line => line.Message)];
            }
        }
    }

    /// <summary>How many lines of this event there are so far.</summary>
    public int Count(int eventId)
    {
        lock (_lines)
        {
            return _lines.Count(line => line.Event == eventId);
        }
    }

    public override bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    protected override void Write(int eventId, string message, Exception? exception)
    {
        lock (_lines)
        {
            _lines.Add((eventId, message, exception));
        }
    }
}

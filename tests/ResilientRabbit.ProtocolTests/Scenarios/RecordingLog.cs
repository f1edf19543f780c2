using Microsoft.Extensions.Logging;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>Keeps every line of the log at every level, with the exception where there is one.</summary>
internal sealed class RecordingLog : ILoggerFactory, ILogger
{
    private readonly List<(int Event, string Text)> _lines = [];

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines.Select(static line => line.Text)];
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

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Add((eventId.Id, formatter(state, exception) + exception));
        }
    }

    public void Dispose()
    {
    }
}

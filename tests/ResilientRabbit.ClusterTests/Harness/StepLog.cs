using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Notes when clients say that they lost, seek and have connections.</summary>
public sealed class StepLog : ILoggerFactory, ILogger
{
    private static readonly Dictionary<int, string> Steps = new() { [1003] = "log: lost", [1000] = "log: connecting", [1001] = "log: connected", [2000] = "log: messages taken back" };

    private readonly ConcurrentQueue<(DateTimeOffset Time, int Event, string Text)> _lines = new();

    public void Clear() => _lines.Clear();

    /// <summary>How many lines there are of an event.</summary>
    public int Count(int eventId) => _lines.Count(line => line.Event == eventId);

    /// <summary>When a client's publish connections took each step for the first time.</summary>
    public IEnumerable<(string Step, TimeSpan Time)> Of(string client, DateTimeOffset faultAt) =>
        from line in _lines
        where line.Time > faultAt && line.Text.Contains(client + ":publish", StringComparison.Ordinal)
        group line by line.Event into steps
        select (Steps[steps.Key], steps.Min(static line => line.Time) - faultAt);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (Steps.ContainsKey(eventId.Id))
        {
            _lines.Enqueue((TimeProvider.System.GetUtcNow(), eventId.Id, formatter(state, exception)));
        }
    }

    public void Dispose()
    {
    }
}

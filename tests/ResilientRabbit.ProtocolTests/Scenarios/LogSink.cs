using Microsoft.Extensions.Logging;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>One log for all categories and levels.</summary>
internal abstract class LogSink : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public virtual bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Write(eventId.Id, formatter(state, exception), exception);
        }
    }

    public void Dispose()
    {
    }

    /// <summary>Takes one line.</summary>
    protected abstract void Write(int eventId, string message, Exception? exception);
}

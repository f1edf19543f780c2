using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Diagnostics;

/// <summary>The application's logger, which may throw: a provider that was disposed, a disk that is full. What it throws would end a lane, a reconnecting loop or the process; it costs its own line and nothing else.</summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    /// <summary>The logger of a category.</summary>
    public static GuardedLogger Of(ILoggerFactory factory, string category) => new(factory.CreateLogger(category));

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        try
        {
            return inner.BeginScope(state);
        }
        catch (Exception)
        {
            return null;
        }
    }

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // There is nobody left to tell.
        }
    }
}

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ResilientRabbit.Diagnostics;

/// <summary>
/// The application's logger, whose exceptions end here: one provider that cannot write (a full disk, a test that is over) makes every line throw, and that must end no connection, no timer and no shutdown.
/// </summary>
internal sealed class QuietLogger(ILogger inner) : ILogger
{
    /// <summary>The factory's logger of this category; one that writes nowhere when there is no factory.</summary>
    public static ILogger Of(ILoggerFactory? factory, string category) => factory is null or NullLoggerFactory ? NullLogger.Instance : new QuietLogger(factory.CreateLogger(category));

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        try
        {
            return inner.BeginScope(state);
        }
        catch (Exception)
        {
            // No scope, then.
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
            // Who cannot say so will not write either.
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
            // There is nowhere to say it.
        }
    }
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>Keeps every log event, exceptions written out, and shows it as output of the test.</summary>
internal sealed class LogCapture : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _events = new();
    private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

    public IReadOnlyCollection<(int Id, string Text)> Events => _events;

    public ILoggerFactory Factory => LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(this));

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string text = $"{formatter(state, exception)} {exception}";
        _events.Enqueue((eventId.Id, text));
        try
        {
            _output?.WriteLine($"{eventId.Id} {text}");
        }
        catch (InvalidOperationException)
        {
            // The test has ended.
        }
    }

    public void Dispose()
    {
    }
}

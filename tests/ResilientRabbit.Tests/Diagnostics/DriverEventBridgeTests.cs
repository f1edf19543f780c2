using System.Diagnostics.Tracing;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client.Logging;
using ResilientRabbit.Diagnostics;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Diagnostics;

public sealed class DriverEventBridgeTests
{
    [Fact]
    public void The_same_words_are_logged_once_a_minute_with_the_number_of_repeats()
    {
        var logger = new ListLogger();
        var time = new ManualTimeProvider();
        using var bridge = new DriverEventBridge(logger, time);
        string text = "closing " + Guid.NewGuid();

        for (int repeat = 0; repeat < 5; repeat++)
        {
            bridge.Say(EventLevel.Error, text, "IOException: reset");
        }

        time.Advance(TimeSpan.FromSeconds(61));
        bridge.Say(EventLevel.Error, text, "IOException: reset");

        Assert.Equal(
            [$"1202 Warning Driver reports an error: {text}: IOException: reset (said 0 times more since it was last logged)", $"1202 Warning Driver reports an error: {text}: IOException: reset (said 4 times more since it was last logged)"],
            logger.Lines.Where(line => line.Contains(text, StringComparison.Ordinal)));
    }

    [Fact]
    public void What_the_driver_reports_through_its_event_source_is_logged()
    {
        var logger = new ListLogger();
        using var bridge = new DriverEventBridge(logger, TimeProvider.System);
        string text = "from the source " + Guid.NewGuid();
        EventSource source = Source();

        // The driver's own method for an error: text and exception.
        source.GetType().GetMethod("Error", [typeof(string), typeof(RabbitMqExceptionDetail)])!.Invoke(source, [text, new RabbitMqExceptionDetail(new IOException("line\nforged"))]);

        string line = Assert.Single(logger.Lines, line => line.Contains(text, StringComparison.Ordinal));
        Assert.StartsWith($"1202 Warning Driver reports an error: {text}: System.IO.IOException: line?forged", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("closing: exception=The connection failed while reading.: System.IO.IOException", "")]
    [InlineData("write loop", "System.IO.IOException: The connection is closed.")]
    public void How_our_own_transport_ended_is_no_warning(string text, string error)
    {
        var logger = new ListLogger();
        using var bridge = new DriverEventBridge(logger, TimeProvider.System);
        string unique = Guid.NewGuid() + text;

        bridge.Say(EventLevel.Error, unique, error);

        string line = Assert.Single(logger.Lines, line => line.Contains(unique, StringComparison.Ordinal));
        Assert.StartsWith($"1200 Debug Driver: {unique}", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Clients_that_share_a_logger_factory_share_the_bridge()
    {
        var logger = new ListLogger();
        using var factory = new OneLoggerFactory(logger);
        IDisposable first = DriverEventBridge.Lease(factory, TimeProvider.System);
        IDisposable second = DriverEventBridge.Lease(factory, TimeProvider.System);
        first.Dispose();
        first.Dispose();
        Report("still heard");
        second.Dispose();
        Report("not heard");

        Assert.Equal(1, factory.Created);
        Assert.Single(logger.Lines, static line => line.Contains("still heard", StringComparison.Ordinal));
        Assert.DoesNotContain(logger.Lines, static line => line.Contains("not heard", StringComparison.Ordinal));
    }

    // The driver makes it at its first connection.
    private static EventSource Source() => (EventSource)typeof(RabbitMqExceptionDetail).Assembly.GetType("RabbitMQ.Client.Logging.RabbitMqClientEventSource")!.GetField("Log")!.GetValue(null)!;

    private static void Report(string text)
    {
        EventSource source = Source();
        source.GetType().GetMethod("Warn", [typeof(string)])!.Invoke(source, [text]);
    }

    private sealed class OneLoggerFactory(ILogger logger) : ILoggerFactory
    {
        public int Created { get; private set; }

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName)
        {
            Created++;
            return logger;
        }

        public void Dispose()
        {
        }
    }

    private sealed class ListLogger : ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add($"{eventId.Id} {logLevel} {formatter(state, exception)}");
            }
        }
    }
}

using System.Diagnostics.Tracing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ResilientRabbit.Diagnostics;

/// <summary>
/// Hands what the driver reports through its event source to a logger, the same words once a minute. The source is the process's and does not say
/// which connection it speaks of: there is one bridge for each logger factory, however many clients share it.
/// </summary>
internal sealed class DriverEventBridge(ILogger logger, TimeProvider time) : EventListener
{
    private const string DriverSource = "rabbitmq-client";
    private const EventKeywords LogKeyword = (EventKeywords)1;
    private static readonly Lock SharedGate = new();
    private static readonly Dictionary<ILoggerFactory, (DriverEventBridge Bridge, int Users)> Shared = [];

    private readonly RepeatLimit _repeats = new(time);

    /// <summary>Bridges to the factory's loggers until the lease is disposed.</summary>
    public static IDisposable Lease(ILoggerFactory factory, TimeProvider time)
    {
        if (factory is NullLoggerFactory)
        {
            return new Return(null);
        }

        lock (SharedGate)
        {
            (DriverEventBridge? bridge, int users) = Shared.GetValueOrDefault(factory);
            Shared[factory] = (bridge ?? new DriverEventBridge(QuietLogger.Of(factory, "ResilientRabbit.Driver"), time), users + 1);
        }

        return new Return(factory);
    }

    /// <summary>Logs one report of the driver, unless it was logged a moment ago.</summary>
    public void Say(EventLevel level, string text, string error)
    {
        if (!_repeats.TryTake(text + error, out int repeats))
        {
            return;
        }

        switch (level)
        {
            case EventLevel.Error or EventLevel.Critical when !IsEcho(text) && !IsEcho(error):
                logger.DriverError(PeerText.Sanitize(text), PeerText.Sanitize(error), repeats);
                break;
            case EventLevel.Warning:
                logger.DriverWarning(PeerText.Sanitize(text), repeats);
                break;
            default:
                logger.DriverInformation(PeerText.Sanitize(error.Length == 0 ? text : $"{text}: {error}"), repeats);
                break;
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (string.Equals(eventSource.Name, DriverSource, StringComparison.Ordinal))
        {
            EnableEvents(eventSource, logger.IsEnabled(LogLevel.Debug) ? EventLevel.Informational : EventLevel.Warning, LogKeyword);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        try
        {
            if ((eventData.Keywords & LogKeyword) != EventKeywords.None && eventData.Payload is [string text, ..] payload)
            {
                Say(eventData.Level, text, payload is [_, IDictionary<string, object> detail, ..] ? ErrorOf(detail) : "");
            }
        }
        catch (Exception)
        {
            // A logger that throws must not end the driver's loop that was reporting.
        }
    }

    // It repeats how our own transport ended. Why it did is logged with the connection, and a client that closes has no error at all.
    private static bool IsEcho(string text) => text.Contains(TransportTexts.Closed, StringComparison.Ordinal) || text.Contains(TransportTexts.ReadFailed, StringComparison.Ordinal);

    // Type and message; the stack is the driver's own affair.
    private static string ErrorOf(IDictionary<string, object> detail) => $"{Part(detail, "Type")}: {Part(detail, "Message")}";

    private static object? Part(IDictionary<string, object> detail, string name) => detail.TryGetValue(name, out object? value) ? value : null;

    private sealed class Return(ILoggerFactory? factory) : IDisposable
    {
        private ILoggerFactory? _factory = factory;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _factory, null) is not { } leased)
            {
                return;
            }

            lock (SharedGate)
            {
                (DriverEventBridge bridge, int users) = Shared[leased];
                if (users > 1)
                {
                    Shared[leased] = (bridge, users - 1);
                    return;
                }

                Shared.Remove(leased);
                bridge.Dispose();
            }
        }
    }
}

using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Samples.Consumer;

/// <summary>Handles one message; a new handler is made for each, in a scope of its own, and dependencies come from the container.</summary>
internal sealed class OrderHandler(Progress progress, ConsumerSettings settings, IHostApplicationLifetime lifetime, ILogger<OrderHandler> logger) : IMessageHandler
{
    public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        // At least once: after a failure a message may come again, so a real handler is idempotent.
        var handled = progress.Count();
        logger.LogDebug("{Message}: {Body}", message, Encoding.UTF8.GetString(message.Body.Span));
        if (handled % 100 == 0 || handled == settings.Count)
        {
            logger.LogInformation("{Handled} messages handled, the last one was {Message}", handled, message);
        }

        if (handled == settings.Count)
        {
            lifetime.StopApplication();
        }

        // An exception would mean another attempt after a delay; DeadLetter, Retry and Requeue say the rest.
        return ValueTask.FromResult(Settlement.Ack);
    }
}

using Microsoft.Extensions.Logging;
using ResilientRabbit.Declaring;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>
/// What becomes of a message whose body was too large to be kept. It cannot be copied to the parking queue, and a rejection loses it where the queue has no dead-letter exchange:
/// it is rejected where the options say so or the declaration names one, and otherwise left unsettled.
/// </summary>
/// <param name="settings">The consumer.</param>
/// <param name="findQueue">The declaration of the queue; null when it is not ours.</param>
/// <param name="limit">The largest body that is received, in bytes.</param>
/// <param name="logger">The log.</param>
/// <param name="repeats">Bounds the log.</param>
internal sealed class OversizedRule(ConsumerSettings settings, Func<QueueSpec?> findQueue, int limit, ILogger logger, RepeatLimit repeats)
{
    public bool MayReject => settings.DeadLetterBy == DeadLetterMethod.Reject || findQueue() is { } queue && HasDeadLetterExchange(queue);

    public void Tell(Delivery delivery)
    {
        string fate = MayReject ? "goes to the dead-letter exchange of the queue" : "stays unsettled until this consumer ends: raise the limit, or let it be rejected (DeadLetterBy)";
        LogLevel level = repeats.LevelOf(LogLevel.Error, "too large|" + settings.Queue, out int repeated);
        logger.MessageTooLarge(level, delivery.Message.LogId, settings.Queue, delivery.TooLarge, limit, fate, repeated);
    }

    public MessageFormatException ErrorOf(Delivery delivery) => new(FormattableString.Invariant(
        $"The next message of the queue '{settings.Queue}' has a body of {delivery.TooLarge} bytes, more than MaxInboundMessageSize ({limit}). It was not read and is back in the queue: raise the limit, or let it be rejected (DeadLetterBy)."));

    private static bool HasDeadLetterExchange(QueueSpec queue) => queue.DeadLetterExchange is not null || queue.Arguments.ContainsKey(QueueArguments.DeadLetterExchange);
}

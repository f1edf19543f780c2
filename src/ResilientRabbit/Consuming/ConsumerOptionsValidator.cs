using ResilientRabbit.Declaring;

namespace ResilientRabbit.Consuming;

/// <summary>Refuses options that the broker or the timers would not take, before anything is sent.</summary>
internal static class ConsumerOptionsValidator
{
    /// <summary>The longest that a timer of .NET and a time-to-live of the broker both can wait.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>The broker closes a channel whose delivery is not acknowledged for its consumer time-out, 30 minutes by default.</summary>
    private static readonly TimeSpan LongestAckDelay = TimeSpan.FromMinutes(1);

    /// <summary>Each is a queue.</summary>
    private const int MostRetryDelays = 20;

    private const int MostRemembered = 10_000_000;

    private static readonly TimeSpan ShortestRefresh = TimeSpan.FromMilliseconds(100);

    public static void Validate(string queue, ConsumerOptions options, ConsumerDefaults defaults)
    {
        int prefetch = options.Prefetch ?? defaults.Prefetch;
        EntityName.Validate(queue, "queue", nameof(queue));
        InRange(options, prefetch, 1, ushort.MaxValue, nameof(options.Prefetch));
        InRange(options, options.Concurrency, 1, ushort.MaxValue, nameof(options.Concurrency));
        if (options.Concurrency > prefetch)
        {
            throw Invalid(options, nameof(options.Concurrency), options.Concurrency, FormattableString.Invariant($"must not exceed {nameof(options.Prefetch)}, which is {prefetch}: the broker delivers no more than that"));
        }

        InRange(options, options.RetryLimit, 1, int.MaxValue, nameof(options.RetryLimit));
        InRange(options, options.AckDelay, TimeSpan.Zero, LongestAckDelay, nameof(options.AckDelay));
        InRange(options, options.RetryDelays?.Count ?? 0, 1, MostRetryDelays, $"{nameof(options.RetryDelays)}.Count");
        foreach (TimeSpan delay in options.RetryDelays!)
        {
            InRange(options, delay, TimeSpan.FromMilliseconds(1), Longest, nameof(options.RetryDelays));
        }

        InRange(options, options.DeliveryLimit ?? 1, 1, int.MaxValue, nameof(options.DeliveryLimit));
        InRange(options, options.StopTimeout, TimeSpan.Zero, Longest, nameof(options.StopTimeout));
        if (options.HandlerTimeout is { } limit)
        {
            InRange(options, limit, TimeSpan.FromMilliseconds(1), Longest, nameof(options.HandlerTimeout));
        }

        if (options.RefreshIdleAfter is { } idle && idle != Timeout.InfiniteTimeSpan)
        {
            InRange(options, idle, ShortestRefresh, Longest, nameof(options.RefreshIdleAfter));
        }

        if (options.Deduplication is { } deduplication)
        {
            InRange(options, deduplication.Capacity, 1, MostRemembered, $"{nameof(options.Deduplication)}.{nameof(deduplication.Capacity)}");
            InRange(options, deduplication.MaxAge, TimeSpan.FromTicks(1), Longest, $"{nameof(options.Deduplication)}.{nameof(deduplication.MaxAge)}");
        }

        if (!Enum.IsDefined(options.DeadLetterBy))
        {
            throw Invalid(options, nameof(options.DeadLetterBy), options.DeadLetterBy, "must be Publish or Reject");
        }

        if (options.OnError is not (Settlement.Retry or Settlement.Requeue or Settlement.DeadLetter))
        {
            throw Invalid(options, nameof(options.OnError), options.OnError, "must be Retry, Requeue or DeadLetter: a failed message is never acknowledged as done");
        }

        if (options.OnMalformed is Settlement.Ack || (options.OnMalformed is { } malformed && !Enum.IsDefined(malformed)))
        {
            throw Invalid(options, nameof(options.OnMalformed), options.OnMalformed, "must be Retry, Requeue or DeadLetter: a message that nobody has read is never acknowledged as done");
        }

        if (options.ConsumerTag is { } tag)
        {
            EntityName.ValidateText(tag, $"{nameof(ConsumerOptions)}.{nameof(options.ConsumerTag)}", nameof(options));
        }

        ValidateQueues(queue, options);
    }

    private static void ValidateQueues(string queue, ConsumerOptions options)
    {
        string deadLetters = ConsumerSettings.DeadLetterQueueOf(queue, options);
        EntityName.ValidateDeclared(deadLetters, $"dead-letter queue ({nameof(ConsumerOptions)}.{nameof(options.DeadLetterQueue)})", nameof(options));
        if (string.Equals(deadLetters, queue, StringComparison.Ordinal))
        {
            throw Invalid(options, nameof(options.DeadLetterQueue), deadLetters, "must not be the queue itself");
        }

        foreach (TimeSpan delay in options.RetryDelays)
        {
            string retries = ConsumerSettings.RetryQueueOf(queue, delay);
            EntityName.Validate(retries, "retry queue (the queue's name, '.retry.' and the delay)", nameof(queue));
            if (string.Equals(deadLetters, retries, StringComparison.Ordinal))
            {
                throw Invalid(options, nameof(options.DeadLetterQueue), deadLetters, "must not be a retry queue: what is parked there would come back");
            }
        }
    }

    private static void InRange<T>(ConsumerOptions options, T value, T least, T most, string option)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            throw Invalid(options, option, value, FormattableString.Invariant($"must be between {least} and {most}"));
        }
    }

    private static ArgumentOutOfRangeException Invalid(ConsumerOptions options, string option, object value, string rule) =>
        new(nameof(options), value, FormattableString.Invariant($"{nameof(ConsumerOptions)}.{option} is {value}; it {rule}."));
}

using System.Globalization;

namespace ResilientRabbit.Consuming;

/// <summary>The options of one subscription, checked and frozen.</summary>
internal sealed record ConsumerSettings
{
    public required string Queue { get; init; }

    public required string RetryQueue { get; init; }

    public required string DeadLetterQueue { get; init; }

    public required ushort Prefetch { get; init; }

    public required int Concurrency { get; init; }

    public required TimeSpan AckDelay { get; init; }

    public required TimeSpan? HandlerTimeout { get; init; }

    public required Settlement OnError { get; init; }

    public required int RetryLimit { get; init; }

    public required TimeSpan RetryDelay { get; init; }

    public required bool Exclusive { get; init; }

    public required string? ConsumerTag { get; init; }

    public required IReadOnlyDictionary<string, object?> Arguments { get; init; }

    public required TimeSpan StopTimeout { get; init; }

    /// <summary>Gets the pause before consuming again after the broker cancelled the consumer, and the longest random part of it.</summary>
    public required (TimeSpan Delay, TimeSpan Splay) CancelPause { get; init; }

    /// <exception cref="ArgumentException">The queue's name or an option is not valid.</exception>
    public static ConsumerSettings From(string queue, ConsumerOptions? options, ConsumerDefaults? defaults = null)
    {
        options ??= new ConsumerOptions();
        defaults ??= new ConsumerDefaults();
        ConsumerOptionsValidator.Validate(queue, options, defaults);
        return new ConsumerSettings
        {
            Queue = queue,
            RetryQueue = RetryQueueOf(queue, options.RetryDelay),
            DeadLetterQueue = DeadLetterQueueOf(queue, options),
            Prefetch = (ushort)(options.Prefetch ?? defaults.Prefetch),
            Concurrency = options.Concurrency,
            AckDelay = options.AckDelay,
            HandlerTimeout = options.HandlerTimeout,
            OnError = options.OnError,
            RetryLimit = options.RetryLimit,
            RetryDelay = options.RetryDelay,
            Exclusive = options.Exclusive,
            ConsumerTag = options.ConsumerTag,
            Arguments = Declaring.ArgumentTable.Copy(ArgumentsOf(options, defaults), nameof(options)),
            StopTimeout = options.StopTimeout,
            CancelPause = (defaults.ResubscribeDelay, defaults.ResubscribeSplay),
        };
    }

    private static Dictionary<string, object?> ArgumentsOf(ConsumerOptions options, ConsumerDefaults defaults)
    {
        var arguments = new Dictionary<string, object?>(options.Arguments, StringComparer.Ordinal);
        if (defaults.CancelOnFailover)
        {
            arguments.TryAdd("x-cancel-on-ha-failover", true);
        }

        return arguments;
    }

    public static string RetryQueueOf(string queue, TimeSpan delay) => string.Create(CultureInfo.InvariantCulture, $"{queue}.retry.{(long)delay.TotalMilliseconds}");

    public static string DeadLetterQueueOf(string queue, ConsumerOptions options) => options.DeadLetterQueue ?? queue + ".dead-letter";
}

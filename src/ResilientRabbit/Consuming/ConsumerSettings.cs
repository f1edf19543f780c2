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

    /// <exception cref="ArgumentException">The queue's name or an option is not valid.</exception>
    public static ConsumerSettings From(string queue, ConsumerOptions? options)
    {
        options ??= new ConsumerOptions();
        ConsumerOptionsValidator.Validate(queue, options);
        return new ConsumerSettings
        {
            Queue = queue,
            RetryQueue = RetryQueueOf(queue, options.RetryDelay),
            DeadLetterQueue = DeadLetterQueueOf(queue, options),
            Prefetch = (ushort)options.Prefetch,
            Concurrency = options.Concurrency,
            AckDelay = options.AckDelay,
            HandlerTimeout = options.HandlerTimeout,
            OnError = options.OnError,
            RetryLimit = options.RetryLimit,
            RetryDelay = options.RetryDelay,
            Exclusive = options.Exclusive,
            ConsumerTag = options.ConsumerTag,
            Arguments = Declaring.ArgumentTable.Copy(options.Arguments, nameof(options)),
            StopTimeout = options.StopTimeout,
        };
    }

    public static string RetryQueueOf(string queue, TimeSpan delay) => string.Create(CultureInfo.InvariantCulture, $"{queue}.retry.{(long)delay.TotalMilliseconds}");

    public static string DeadLetterQueueOf(string queue, ConsumerOptions options) => options.DeadLetterQueue ?? queue + ".dead-letter";
}

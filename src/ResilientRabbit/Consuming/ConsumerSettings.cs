using System.Collections.ObjectModel;
using System.Globalization;
using ResilientRabbit.Declaring;

namespace ResilientRabbit.Consuming;

/// <summary>The options of one subscription, checked and frozen.</summary>
internal sealed record ConsumerSettings
{
    private const string CancelOnHaFailoverKey = "x-cancel-on-ha-failover";

    public required string Queue { get; init; }

    /// <summary>The delays before the second, the third, … attempt; the last one stands for all later ones.</summary>
    public required IReadOnlyList<TimeSpan> RetryDelays { get; init; }

    public required string DeadLetterQueue { get; init; }

    public required ushort Prefetch { get; init; }

    public required int Concurrency { get; init; }

    public required TimeSpan AckDelay { get; init; }

    public required TimeSpan? HandlerTimeout { get; init; }

    public required Settlement OnError { get; init; }

    public required Settlement OnMalformed { get; init; }

    public required int RetryLimit { get; init; }

    public required int? DeliveryLimit { get; init; }

    public required DeadLetterMethod DeadLetterBy { get; init; }

    public required Func<ReceivedMessage, string?>? OrderingKey { get; init; }

    public required DeduplicationOptions? Deduplication { get; init; }

    public required bool Exclusive { get; init; }

    public required string? ConsumerTag { get; init; }

    public required IReadOnlyDictionary<string, object?> Arguments { get; init; }

    public required TimeSpan StopTimeout { get; init; }

    public required TimeSpan? RefreshIdleAfter { get; init; }

    public required bool TraceAsChild { get; init; }

    public required bool Unpack { get; init; }

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
            RetryDelays = [.. options.RetryDelays],
            DeadLetterQueue = DeadLetterQueueOf(queue, options),
            Prefetch = (ushort)(options.Prefetch ?? defaults.Prefetch),
            Concurrency = options.Concurrency,
            AckDelay = options.AckDelay,
            HandlerTimeout = options.HandlerTimeout,
            OnError = options.OnError,
            OnMalformed = options.OnMalformed ?? options.OnError,
            RetryLimit = options.RetryLimit,
            DeliveryLimit = options.DeliveryLimit,
            DeadLetterBy = options.DeadLetterBy,
            OrderingKey = options.OrderingKey,
            Deduplication = CopyOf(options.Deduplication),
            Exclusive = options.Exclusive,
            ConsumerTag = options.ConsumerTag,
            Arguments = ArgumentsOf(options, defaults),
            StopTimeout = options.StopTimeout,
            RefreshIdleAfter = options.RefreshIdleAfter,
            TraceAsChild = options.TraceAsChild,
            Unpack = options.Unpack,
            CancelPause = (defaults.ResubscribeDelay, defaults.ResubscribeSplay),
        };
    }

    /// <summary>Where a message waits after this attempt.</summary>
    public string RetryQueueAfter(int attempt) => RetryQueueOf(Queue, RetryDelays[Math.Clamp(attempt - 1, 0, RetryDelays.Count - 1)]);

    /// <summary>The broker lets nobody declare a name that begins like those that it gives itself.</summary>
    public static string RetryQueueOf(string queue, TimeSpan delay) =>
        string.Create(CultureInfo.InvariantCulture, $"{(EntityName.IsReserved(queue) ? "_" : "")}{queue}.retry.{(long)delay.TotalMilliseconds}");

    public static string DeadLetterQueueOf(string queue, ConsumerOptions options) => options.DeadLetterQueue ?? queue + ".dead-letter";

    private static ReadOnlyDictionary<string, object?> ArgumentsOf(ConsumerOptions options, ConsumerDefaults defaults)
    {
        var arguments = new Dictionary<string, object?>(ArgumentTable.Copy(options.Arguments, nameof(options)), StringComparer.Ordinal);
        if (options.CancelOnHaFailover)
        {
            arguments[CancelOnHaFailoverKey] = true;
        }
        else if (defaults.CancelOnFailover)
        {
            arguments.TryAdd(CancelOnHaFailoverKey, true);
        }

        return arguments.AsReadOnly();
    }

    private static DeduplicationOptions? CopyOf(DeduplicationOptions? options) =>
        options is null ? null : new DeduplicationOptions { Capacity = options.Capacity, MaxAge = options.MaxAge, Store = options.Store, Key = options.Key };
}

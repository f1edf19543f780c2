using ResilientRabbit.Consuming;
using ResilientRabbit.Publishing;

namespace ResilientRabbit.Bridging;

/// <summary>The options of one bridge, checked and frozen.</summary>
internal sealed record BridgeSettings
{
    /// <summary>The longest that a publisher accepts: within it a lane keeps a message in its place through any outage.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    /// <summary>Short, because it lies within the round trip of the window.</summary>
    private static readonly TimeSpan AckDelay = TimeSpan.FromMilliseconds(5);

    private const long MostBytes = 1L << 40;

    public required string Name { get; init; }

    public required string Queue { get; init; }

    public required string? Exchange { get; init; }

    public required string? RoutingKey { get; init; }

    public required bool PreserveOrder { get; init; }

    public required long WindowBytes { get; init; }

    public required TimeSpan DeliveryTimeout { get; init; }

    public required BridgeLoop OnLoop { get; init; }

    public required int? MaxHops { get; init; }

    public required bool KeepExpiration { get; init; }

    public required Func<ReceivedMessage, string?>? MessageId { get; init; }

    public required Action<ReceivedMessage, MessageProperties>? Rewrite { get; init; }

    public required ConsumerOptions Consumer { get; init; }

    /// <exception cref="ArgumentException">An option is not valid.</exception>
    public static BridgeSettings From(MessageBridgeOptions options)
    {
        Validate(options);
        ConsumerOptions consumer = ConsumerOf(options);
        _ = ConsumerSettings.From(options.Queue, consumer);
        return new BridgeSettings
        {
            Name = options.Name,
            Queue = options.Queue,
            Exchange = options.Exchange,
            RoutingKey = options.RoutingKey,
            PreserveOrder = options.PreserveOrder,
            WindowBytes = options.WindowBytes,
            DeliveryTimeout = options.DeliveryTimeout ?? Longest,
            OnLoop = options.OnLoop,
            MaxHops = options.MaxHops,
            KeepExpiration = options.KeepExpiration,
            MessageId = options.MessageId,
            Rewrite = options.Rewrite,
            Consumer = consumer,
        };
    }

    private static ConsumerOptions ConsumerOf(MessageBridgeOptions options) => new()
    {
        Prefetch = options.Prefetch,
        AckDelay = AckDelay,
        OnError = options.OnRefused == BridgeRefusal.Retry ? Settlement.Retry : Settlement.DeadLetter,
        OnMalformed = Settlement.DeadLetter,
        RetryLimit = options.RetryLimit,
        RetryDelays = [options.RetryDelay],
        DeadLetterQueue = options.ParkingQueue,
        StopTimeout = options.StopTimeout,

        // A pack travels as it came: it is one message to the source, and one confirm of the far side answers it.
        Unpack = false,

        // Deliveries count here that were given back because the far side was away: no fault of the message.
        DeliveryLimit = null,
    };

    private static void Validate(MessageBridgeOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.Name, $"{nameof(options)}.{nameof(options.Name)}");
        CheckName(options.Name, nameof(options.Name));
        CheckName(options.Exchange, nameof(options.Exchange));
        CheckName(options.RoutingKey, nameof(options.RoutingKey));
        InRange(options.WindowBytes, 1, MostBytes, nameof(options.WindowBytes));
        InRange(options.DeliveryTimeout ?? Longest, TimeSpan.FromMilliseconds(1), Longest, nameof(options.DeliveryTimeout));
        InRange(options.MaxHops ?? 1, 1, int.MaxValue, nameof(options.MaxHops));
        if (!Enum.IsDefined(options.OnRefused))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.OnRefused, $"{nameof(MessageBridgeOptions)}.{nameof(options.OnRefused)} must be Park or Retry.");
        }

        if (!Enum.IsDefined(options.OnLoop))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.OnLoop, $"{nameof(MessageBridgeOptions)}.{nameof(options.OnLoop)} must be Drop or Park.");
        }
    }

    private static void CheckName(string? text, string option)
    {
        if (text is not null && NameRules.Check(text, $"{nameof(MessageBridgeOptions)}.{option}") is { } error)
        {
            throw error;
        }
    }

    private static void InRange<T>(T value, T least, T most, string option)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            throw new ArgumentOutOfRangeException(
                "options", value, FormattableString.Invariant($"{nameof(MessageBridgeOptions)}.{option} is {value}; it must be between {least} and {most}."));
        }
    }
}

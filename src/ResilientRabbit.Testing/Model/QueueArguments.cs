using System.Collections.ObjectModel;
using System.Globalization;

namespace ResilientRabbit.Testing.Model;

/// <summary>The arguments of a queue: their names, which kind of queue takes which, and the checks with RabbitMQ's texts.</summary>
internal static class QueueArguments
{
    public const string QueueType = "x-queue-type";
    public const string Expires = "x-expires";
    public const string MessageTtl = "x-message-ttl";
    public const string DeadLetterExchange = "x-dead-letter-exchange";
    public const string DeadLetterRoutingKey = "x-dead-letter-routing-key";
    public const string DeadLetterStrategy = "x-dead-letter-strategy";
    public const string MaxLength = "x-max-length";
    public const string MaxLengthBytes = "x-max-length-bytes";
    public const string MaxPriority = "x-max-priority";
    public const string Overflow = "x-overflow";
    public const string SingleActiveConsumer = "x-single-active-consumer";
    public const string DeliveryLimit = "x-delivery-limit";

    /// <summary>Ten years in milliseconds: the longest time to live RabbitMQ takes.</summary>
    public const long MaxExpiry = 315_360_000_000;

    public static readonly IReadOnlyDictionary<string, object?> None = ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>Arguments of a classic queue, in the order in which a second declaration compares them.</summary>
    public static readonly string[] OfClassic =
    [
        Expires, MessageTtl, DeadLetterExchange, DeadLetterRoutingKey, MaxLength, MaxLengthBytes, MaxPriority, Overflow, "x-queue-mode",
        "x-queue-version", SingleActiveConsumer, QueueType, "x-queue-master-locator",
    ];

    /// <summary>Arguments of a quorum queue, in the same sense.</summary>
    public static readonly string[] OfQuorum =
    [
        DeadLetterExchange, DeadLetterRoutingKey, DeadLetterStrategy, Expires, MaxLength, MaxLengthBytes, "x-max-in-memory-length",
        "x-max-in-memory-bytes", Overflow, SingleActiveConsumer, QueueType, "x-quorum-initial-group-size", DeliveryLimit, MessageTtl,
        "x-queue-leader-locator",
    ];

    private static readonly string[] OfStream = ["x-max-age", "x-stream-max-segment-size-bytes", "x-initial-cluster-size"];

    private static readonly (string Name, Func<object?, IReadOnlyDictionary<string, object?>, string?> Check)[] Checks =
    [
        (Expires, static (value, _) => Positive(value)),
        (MessageTtl, static (value, _) => Expiry(value)),
        (DeadLetterExchange, static (value, _) => Text(value)),
        (DeadLetterRoutingKey, static (value, all) =>
            Text(value) ?? (all.ContainsKey(DeadLetterExchange) ? null : "routing_key_but_no_dlx_defined")),
        (DeadLetterStrategy, static (value, _) => OneOf(value, "invalid_dlx_strategy", "at-most-once", "at-least-once")),
        (MaxLength, static (value, _) => NotNegative(value)),
        (MaxLengthBytes, static (value, _) => NotNegative(value)),
        ("x-max-in-memory-length", static (value, _) => NotNegative(value)),
        ("x-max-in-memory-bytes", static (value, _) => NotNegative(value)),
        (MaxPriority, static (value, _) => NotNegative(value) ?? (Number(value) <= 255 ? null : $"{{max_value_exceeded,{Number(value)}}}")),
        (Overflow, static (value, _) => OneOf(value, "invalid_overflow", "drop-head", "reject-publish", "reject-publish-dlx")),
        ("x-queue-mode", static (value, _) => OneOf(value, $"\"unsupported queue mode '{value}'\"", "default", "lazy")),
        ("x-queue-version", static (value, _) => NotNegative(value) ?? (Number(value) is 1 or 2 ? null : $"\"unsupported queue version '{Number(value)}'\"")),
        (SingleActiveConsumer, static (value, _) => Bool(value)),
        ("x-quorum-initial-group-size", static (value, _) => NotNegative(value) ?? (Number(value) == 0 ? "{value_zero,0}" : null)),
        ("x-queue-leader-locator", static (value, _) => OneOf(value, "invalid_queue_locator_arg", "client-local", "random", "least-leaders", "balanced")),
    ];

    public static bool IsQuorum(IReadOnlyDictionary<string, object?> arguments) => arguments.TryGetValue(QueueType, out object? type) && type is "quorum";

    /// <summary>Checks the arguments of a new queue.</summary>
    /// <exception cref="AmqpErrorException">406: a value or a key is not accepted. 540: a stream, which this broker has not.</exception>
    public static void Check(IReadOnlyDictionary<string, object?> arguments, string resource)
    {
        if (arguments.Count == 0)
        {
            return;
        }

        if (arguments.TryGetValue(QueueType, out object? type) && OneOf(type, $"\"unsupported queue type '{type}'\"", "classic", "quorum", "stream") is { } wrong)
        {
            throw Invalid(QueueType, resource, wrong);
        }

        if (type is "stream")
        {
            throw AmqpErrorException.NotImplemented("streams are no part of the in-process broker");
        }

        string[] known = IsQuorum(arguments) ? OfQuorum : OfClassic;
        foreach ((string name, Func<object?, IReadOnlyDictionary<string, object?>, string?> check) in Checks)
        {
            if (known.AsSpan().Contains(name) && arguments.TryGetValue(name, out object? value) && check(value, arguments) is { } error)
            {
                throw Invalid(name, resource, error);
            }
        }

        string[] other = IsQuorum(arguments) ? OfClassic : OfQuorum;
        foreach (string name in arguments.Keys)
        {
            if (!known.AsSpan().Contains(name) && (other.AsSpan().Contains(name) || OfStream.AsSpan().Contains(name)))
            {
                string kind = IsQuorum(arguments) ? "rabbit_quorum_queue" : "rabbit_classic_queue";
                throw AmqpErrorException.Precondition($"invalid arg '{name}' for {resource} of queue type {kind}");
            }
        }
    }

    /// <summary>Checks the arguments of a consumer.</summary>
    /// <exception cref="AmqpErrorException">406: a value is not accepted.</exception>
    public static void CheckConsumer(IReadOnlyDictionary<string, object?> arguments, bool quorum, string resource)
    {
        if (arguments.TryGetValue("x-priority", out object? priority) && Integer(priority) is { } noInteger)
        {
            throw Invalid("x-priority", resource, noInteger);
        }

        if (arguments.TryGetValue("x-cancel-on-ha-failover", out object? cancel))
        {
            if (quorum)
            {
                throw AmqpErrorException.Precondition($"invalid arg 'x-cancel-on-ha-failover' for {resource} of queue type rabbit_quorum_queue");
            }

            if (Bool(cancel) is { } noBool)
            {
                throw Invalid("x-cancel-on-ha-failover", resource, noBool);
            }
        }
    }

    public static long? Long(IReadOnlyDictionary<string, object?> arguments, string name) =>
        arguments.TryGetValue(name, out object? value) && FieldValue.TryInteger(value, out long number) ? number : null;

    public static string? String(IReadOnlyDictionary<string, object?> arguments, string name) =>
        arguments.TryGetValue(name, out object? value) ? value as string : null;

    /// <summary>Reads a time to live in milliseconds; the error as RabbitMQ prints it, or null.</summary>
    public static string? ExpiryError(string text, out long milliseconds)
    {
        int digits = 0;
        int start = text.Length > 0 && text[0] is '-' or '+' ? 1 : 0;
        while (start + digits < text.Length && char.IsAsciiDigit(text[start + digits]))
        {
            digits++;
        }

        milliseconds = 0;
        if (digits == 0)
        {
            return "no_integer";
        }

        if (start + digits < text.Length)
        {
            return $"{{leftover_string,\"{text[(start + digits)..]}\"}}";
        }

        string number = text[0] == '+' ? text[1..] : text;
        if (!long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out milliseconds) || milliseconds > MaxExpiry)
        {
            return number[0] == '-' ? $"{{value_negative,{number}}}" : $"{{value_too_large,{number}}}";
        }

        return milliseconds < 0 ? $"{{value_negative,{milliseconds}}}" : null;
    }

    private static AmqpErrorException Invalid(string name, string resource, string error) =>
        AmqpErrorException.Precondition($"invalid arg '{name}' for {resource}: {error}");

    private static long Number(object? value) => FieldValue.TryInteger(value, out long number) ? number : 0;

    private static string? Integer(object? value) =>
        FieldValue.TryInteger(value, out _) ? null : $"\"expected integer, got {FieldValue.TypeName(value)}\"";

    private static string? NotNegative(object? value) => Integer(value) ?? (Number(value) < 0 ? $"{{value_negative,{Number(value)}}}" : null);

    private static string? Expiry(object? value) =>
        NotNegative(value) ?? (Number(value) > MaxExpiry ? $"{{value_too_large,{Number(value)}}}" : null);

    private static string? Positive(object? value) => Integer(value) ?? (Number(value) == 0 ? "{value_zero,0}" : Expiry(value));

    private static string? Bool(object? value) => value is bool ? null : $"{{unacceptable_type,{FieldValue.TypeName(value)}}}";

    private static string? Text(object? value) => value is string ? null : $"{{unacceptable_type,{FieldValue.TypeName(value)}}}";

    private static string? OneOf(object? value, string error, params ReadOnlySpan<string> allowed) =>
        Text(value) ?? (allowed.Contains((string)value!) ? null : error);
}

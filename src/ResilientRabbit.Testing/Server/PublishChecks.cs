using System.Buffers.Binary;
using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Server;

/// <summary>What a publish's properties have to satisfy, and what they change: user id, expiration, CC and BCC, direct reply-to.</summary>
internal static class PublishChecks
{
    private const PropertyFlags Interesting = PropertyFlags.UserId | PropertyFlags.Expiration | PropertyFlags.ReplyTo | PropertyFlags.Headers;

    /// <summary>Checks the message, and rewrites it where the broker does.</summary>
    /// <exception cref="AmqpErrorException">406: a property is not accepted.</exception>
    public static StoredMessage Prepare(ServerChannel channel, StoredMessage message)
    {
        var flags = (PropertyFlags)BinaryPrimitives.ReadUInt16BigEndian(message.RawProperties);
        if ((flags & Interesting) == PropertyFlags.None)
        {
            return message;
        }

        if (flags.HasFlag(PropertyFlags.ReplyTo) && message.RawProperties.IndexOf("amq.rabbitmq.reply-to"u8) >= 0 && message.Properties.ReplyTo is Names.ReplyTo)
        {
            string name = channel.Consuming.ReplyToName ?? throw AmqpErrorException.Precondition("fast reply consumer does not exist");
            message = StoredMessage.Create(message.Exchange, message.RoutingKey, message.Properties with { ReplyTo = name }, message.Body, []);
        }

        if (flags.HasFlag(PropertyFlags.UserId))
        {
            CheckUser(channel.Access.User, message.Properties.UserId!);
        }

        if (flags.HasFlag(PropertyFlags.Expiration) && QueueArguments.ExpiryError(message.Expiration!, out _) is { } error)
        {
            throw AmqpErrorException.Precondition($"invalid expiration '{message.Expiration}': {error}");
        }

        // Decoding the headers of every message only to learn that there is no CC would be most of the cost of a publish.
        return flags.HasFlag(PropertyFlags.Headers) && message.RawProperties.IndexOf("CC"u8) >= 0 ? WithCopies(message) : message;
    }

    private static void CheckUser(BrokerUser user, string claimed)
    {
        if (!string.Equals(user.Name, claimed, StringComparison.Ordinal) && !user.Tags.Contains("impersonator", StringComparer.Ordinal))
        {
            throw AmqpErrorException.Precondition($"user_id property set to '{claimed}' but authenticated user was '{user.Name}'");
        }
    }

    private static StoredMessage WithCopies(StoredMessage message)
    {
        AmqpTable headers = message.Properties.Headers!;
        List<string> keys = [.. Keys(headers, "CC"), .. Keys(headers, "BCC")];
        if (!headers.ContainsKey("BCC"))
        {
            return keys.Count == 0 ? message : StoredMessage.Create(message.Exchange, message.RoutingKey, message.Properties, message.Body, keys);
        }

        AmqpTable visible = new(headers);
        visible.Remove("BCC");
        return StoredMessage.Create(message.Exchange, message.RoutingKey, message.Properties with { Headers = visible }, message.Body, keys);
    }

    private static IEnumerable<string> Keys(AmqpTable headers, string name)
    {
        if (!headers.TryGetValue(name, out object? value))
        {
            return [];
        }

        return value is IReadOnlyList<object?> list
            ? list.OfType<string>()
            : throw AmqpErrorException.Precondition($"invalid message: {{unacceptable_type_in_header,\"{name}\",{FieldValue.TypeName(value)}}}");
    }
}

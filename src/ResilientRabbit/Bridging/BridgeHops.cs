using System.Collections;
using ResilientRabbit.Consuming;

namespace ResilientRabbit.Bridging;

/// <summary>Reads and writes which bridges a message has passed.</summary>
internal static class BridgeHops
{
    public static IReadOnlyList<string> Of(ReceivedMessage message) => message.Headers.TryGetValue(BridgeHeaders.Hops, out object? value)
        ? value switch
        {
            IList list and not byte[] => [.. list.Cast<object?>().Select(HeaderReader.Text).OfType<string>()],
            _ => HeaderReader.Text(value) is { } text ? [text] : [],
        }
        : [];

    /// <summary>Why the message must not pass the bridge; null when it may.</summary>
    public static string? FindLoop(IReadOnlyList<string> hops, BridgeSettings settings)
    {
        if (hops.Contains(settings.Name, StringComparer.Ordinal))
        {
            return $"The message has passed the bridge '{settings.Name}' before.";
        }

        return settings.MaxHops is { } most && hops.Count >= most
            ? FormattableString.Invariant($"The message has passed {hops.Count} bridges, {nameof(MessageBridgeOptions.MaxHops)} of the bridge '{settings.Name}' is {most}.")
            : null;
    }
}

namespace ResilientRabbit.Declaring;

/// <summary>Says whether a binding would take a message, as the broker's exchange types do.</summary>
internal static class RoutingMatch
{
    public static bool Matches(string exchangeType, string pattern, string routingKey) => exchangeType switch
    {
        "direct" => string.Equals(pattern, routingKey, StringComparison.Ordinal),
        "topic" => MatchesTopic(pattern, routingKey),
        // fanout takes everything; what a headers or plugin exchange decides cannot be told from the routing key: assume that it takes the message.
        _ => true,
    };

    /// <summary>The type of the broker's own exchanges, by their reserved names. Null when the exchange is not one of them.</summary>
    public static string? TypeOfPredeclared(string exchange) => exchange switch
    {
        "amq.direct" => "direct",
        "amq.fanout" => "fanout",
        "amq.topic" => "topic",
        "amq.headers" or "amq.match" => "headers",
        _ => null,
    };

    /// <summary>Matches words divided by dots: <c>*</c> is exactly one word, <c>#</c> any number of them.</summary>
    private static bool MatchesTopic(string pattern, string routingKey)
    {
        string[] words = routingKey.Length == 0 ? [] : routingKey.Split('.');
        string[] parts = pattern.Length == 0 ? [] : pattern.Split('.');

        // possible[i]: the parts so far can match the first i words. One row instead of recursion: "#.#.#" must not explode.
        var possible = new bool[words.Length + 1];
        possible[0] = true;
        foreach (string part in parts)
        {
            if (part is "#")
            {
                for (int i = 1; i <= words.Length; i++)
                {
                    possible[i] |= possible[i - 1];
                }

                continue;
            }

            for (int i = words.Length; i > 0; i--)
            {
                possible[i] = possible[i - 1] && (part is "*" || string.Equals(part, words[i - 1], StringComparison.Ordinal));
            }

            possible[0] = false;
        }

        return possible[words.Length];
    }
}

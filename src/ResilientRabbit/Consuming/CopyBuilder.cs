using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ResilientRabbit.Consuming;

/// <summary>Builds the copies that go to the retry and the dead-letter queue.</summary>
internal static partial class CopyBuilder
{
    private const int MaxReasonBytes = 1024;

    /// <summary>Of an exception's text, in characters, before anything is looked for in it: it may hold a whole body.</summary>
    private const int MostLookedAt = 64 * 1024;

    /// <summary>The most that a short string holds, in bytes.</summary>
    private const int MaxTextBytes = 255;

    /// <summary>The copy with everything the original had, as far as it can be published again.</summary>
    public static OutboundMessage Full(ReceivedMessage message, string target, Settlement settlement, string reason)
    {
        MessageProperties properties = ReceivedProperties.CopyOf(message);
        IDictionary<string, object?> headers = properties.Headers;
        foreach (string name in headers.Keys.Where(static name => name.StartsWith(CopyHeaders.PublisherPrefix, StringComparison.Ordinal)).ToArray())
        {
            headers.Remove(name);
        }

        // Contained in our own count; left in place they would count once more in the copy.
        headers.Remove(CopyHeaders.DeliveryCount);
        headers.Remove(CopyHeaders.AcquiredCount);

        // The broker would send copies to these keys once more.
        Rename(headers, CopyHeaders.CarbonCopy, CopyHeaders.OriginalCarbonCopy);

        // A record that names our queue and no rejection would make the broker take the way back from the retry queue for a circle, and drop the message.
        if (settlement == Settlement.Retry && headers.TryGetValue(CopyHeaders.Deaths, out object? deaths) && Names(deaths, message.Queue))
        {
            Rename(headers, CopyHeaders.Deaths, CopyHeaders.EarlierDeaths);
        }

        // An expiration would end the message in a queue that nobody is meant to lose it from.
        if (properties.Expiration is { } expiration)
        {
            headers[CopyHeaders.OriginalExpiration] = ((long)expiration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            properties.Expiration = null;
        }

        // The broker refuses a user-id that is not the connection's user.
        if (properties.UserId is { } user)
        {
            headers[CopyHeaders.OriginalUserId] = user;
            properties.UserId = null;
        }

        AddOwn(headers, message, settlement, reason);
        return Address(message, target, properties);
    }

    /// <summary>The copy without the original's headers, for a message whose headers or ids no publisher can send. Nothing in it can be refused: the message would come again for ever.</summary>
    public static OutboundMessage Bare(ReceivedMessage message, string target, Settlement settlement, string reason)
    {
        var properties = new MessageProperties { MessageId = Sendable(message.MessageId), ContentType = Sendable(message.ContentType) };
        AddOwn(properties.Headers, message, settlement, reason + " (the original's headers could not be published again)");
        return Address(message, target, properties);
    }

    /// <summary>A short text about a failure: type and message, cut, without what looks like a secret. Never throws.</summary>
    public static string Reason(Settlement settlement, Exception? error) => error is null
        ? $"The handler returned {settlement}."
        : Cut(TextOf(error), MaxReasonBytes);

    private static string TextOf(Exception error)
    {
        string name = error.GetType().Name;
        try
        {
            string text = error.Message;
            text = text.Length > MostLookedAt ? text[..MostLookedAt] : text;
            return Authorization().Replace(Secret().Replace(Credentials().Replace($"{name}: {text}", "://***@"), "${key}***"), "${scheme}***");
        }
        catch (Exception)
        {
            // The text may be code of the application; and a process that stood still exceeds the time limit of the expressions.
            return name;
        }
    }

    /// <summary>Whatever a stranger has put into a short string, as one that can be sent.</summary>
    private static string? Sendable(string? text) => text is null ? null : Cut(text.Replace('\0', '\uFFFD'), MaxTextBytes);

    private static OutboundMessage Address(ReceivedMessage message, string target, MessageProperties properties)
    {
        properties.Persistent = true;
        return new OutboundMessage { Exchange = "", RoutingKey = target, Body = message.Body, Properties = properties, Mandatory = true, IsCopy = true };
    }

    private static void AddOwn(IDictionary<string, object?> headers, ReceivedMessage message, Settlement settlement, string reason)
    {
        if (!headers.ContainsKey(CopyHeaders.OriginalExchange))
        {
            headers[CopyHeaders.OriginalExchange] = message.Exchange;
            headers[CopyHeaders.OriginalRoutingKey] = message.RoutingKey;
        }

        bool isRetry = settlement == Settlement.Retry;
        headers[CopyHeaders.Attempt] = isRetry && message.Attempt < int.MaxValue ? message.Attempt + 1 : message.Attempt;
        if (settlement != Settlement.Requeue)
        {
            headers[isRetry ? CopyHeaders.RetryReason : CopyHeaders.DeadLetterReason] = reason;
        }
    }

    private static void Rename(IDictionary<string, object?> headers, string from, string to)
    {
        if (headers.Remove(from, out object? value))
        {
            headers[to] = value;
        }
    }

    private static bool Names(object? deaths, string queue) => deaths is List<object?> list
        && list.OfType<Dictionary<string, object?>>().Any(death => death.TryGetValue("queue", out object? name) && string.Equals(HeaderReader.Text(name), queue, StringComparison.Ordinal));

    /// <summary>As much of the text as fits. Half of a surrogate pair, which cannot be sent, becomes the replacement character.</summary>
    private static string Cut(string text, int maxBytes)
    {
        var cut = new StringBuilder();
        int bytes = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        return cut.ToString();
    }

    [GeneratedRegex(@"://[^/\s@]*@", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Credentials();

    // As in "Password=x", "password: x" and JSON. Behind "token: " stand a parser's words ("Unexpected token: it") rather than a token, unless they are long or hold a digit.
    [GeneratedRegex(
        """(?<key>(password|passwd|pwd|secret|api[-_]?key)["']?\s*[=:]|token(["']?\s*=|["']\s*:|\s*:(?!\s+(?!["'])(?![^;,\s]*\d)[^;,\s]{1,11}([;,\s]|$))))\s*("(\\.|[^"\\])*"?|'(\\.|[^'\\])*'?|[^;,\s]+)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Secret();

    // The value of the header "Authorization", with or without its name. "Basic authentication failed" is none.
    [GeneratedRegex(@"(?<scheme>\b(Bearer|Basic)\s+)(?=\S*[\d=])[A-Za-z0-9._~+/=-]{6,}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Authorization();
}

using System.Globalization;
using System.Security.Authentication;

namespace ResilientRabbit.Configuration;

/// <summary>Reads the values of a configuration section, independent of the culture of the machine. Each method returns the broken rule, or null.</summary>
internal static class ValueText
{
    /// <summary>The rule that a value breaks which is nothing but <c>${NAME}</c>: a deployment was to replace it, and has not. Otherwise null.</summary>
    public static string? FindPlaceholder(string text)
        => text.Length > 3 && text.StartsWith("${", StringComparison.Ordinal) && text.IndexOf('}', StringComparison.Ordinal) == text.Length - 1
            ? $"is the placeholder {ProblemList.Quote(text[2..^1])}, which nothing has replaced"
            : null;

    public static string? Text(string text, Action<string> set)
    {
        set(text);
        return null;
    }

    public static string? Integer(string text, Action<int> set)
        => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? Accept(value, set)
            : $"must be a whole number, is {ProblemList.Quote(text)}";

    public static string? LongInteger(string text, Action<long> set)
        => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? Accept(value, set)
            : $"must be a whole number, is {ProblemList.Quote(text)}";

    // "5" would be five days and "00:05" five minutes; whoever writes them means seconds. So all three parts are asked for.
    public static string? Duration(string text, Action<TimeSpan> set)
        => text.Count(static character => character == ':') == 2 && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out TimeSpan value)
            ? Accept(value, set)
            : $"must be a duration written as [days.]hours:minutes:seconds[.fraction], for example 00:00:05, is {ProblemList.Quote(text)}";

    public static string? Flag(string text, Action<bool> set)
        => bool.TryParse(text, out bool value) ? Accept(value, set) : $"must be true or false, is {ProblemList.Quote(text)}";

    public static string? Name<TEnum>(string text, Action<TEnum> set)
        where TEnum : struct, Enum
    {
        string[] names = Enum.GetNames<TEnum>();
        int index = Array.FindIndex(names, name => string.Equals(name, text, StringComparison.OrdinalIgnoreCase));
        return index >= 0 ? Accept(Enum.GetValues<TEnum>()[index], set) : $"must be {string.Join(" or ", names)}, is {ProblemList.Quote(text)}";
    }

    public static string? TlsProtocols(string text, Action<SslProtocols> set)
    {
        SslProtocols protocols = SslProtocols.None;
        foreach (string name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            SslProtocols protocol = name.ToUpperInvariant() switch
            {
                "TLS12" => SslProtocols.Tls12,
                "TLS13" => SslProtocols.Tls13,
                _ => SslProtocols.None,
            };
            if (protocol == SslProtocols.None)
            {
                return $"must be Tls12, Tls13 or both with a comma, is {ProblemList.Quote(text)}";
            }

            protocols |= protocol;
        }

        return Accept(protocols, set);
    }

    private static string? Accept<T>(T value, Action<T> set)
    {
        set(value);
        return null;
    }
}

using System.Globalization;

namespace ResilientRabbit.Configuration;

/// <summary>
/// Reads <c>amqp://user:password@host:port/virtual_host</c> strictly. Not the driver's setter: that puts the password into an exception
/// (driver issue 1944) and switches the check of the host name off for <c>amqps</c>. No rule repeats the URI: it holds a password.
/// </summary>
/// <remarks>Grammar: RabbitMQ URI specification. Different from it: an empty virtual host and an empty port are refused, they are slips more often than intentions.</remarks>
internal static class AmqpUriParser
{
    public const int TlsPort = 5671;

    /// <summary>A URI with the longest names and a password of some kilobytes is far below.</summary>
    private const int LongestUri = 16 * 1024;

    private const string EncodeHint = "percent-encode ':', '/', '?', '#', '@', '%' and blanks in user, password and virtual host";

    /// <summary>Parses a URI.</summary>
    /// <returns>The broken rule, or null.</returns>
    public static string? TryParse(string? text, out AmqpUri? uri)
    {
        uri = null;
        if (FindFault(text) is { } fault)
        {
            return fault;
        }

        bool isTls = text!.StartsWith("amqps:", StringComparison.OrdinalIgnoreCase);
        string rest = text[(text.IndexOf(':', StringComparison.Ordinal) + 3)..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string authority = slash < 0 ? rest : rest[..slash];
        string? path = slash < 0 ? null : rest[(slash + 1)..];
        if (path?.Contains('@', StringComparison.Ordinal) == true)
        {
            return $"has an '@' behind the first '/': {EncodeHint}";
        }

        int at = authority.LastIndexOf('@');
        string? userInfo = at < 0 ? null : authority[..at];
        string address = authority[(at + 1)..];
        if (address.Contains(',', StringComparison.Ordinal))
        {
            return "must name one host; write one URI for each";
        }

        if (!EndpointParser.TryParse(address, isTls ? TlsPort : EndpointParser.DefaultPort, out RabbitEndpoint endpoint, out string problem))
        {
            return "host: " + problem;
        }

        if ((ReadUserInfo(userInfo, out UserCredentials? credentials) ?? ReadVirtualHost(path, out path)) is { } rule)
        {
            return rule;
        }

        uri = new AmqpUri(endpoint, isTls, credentials, path);
        return null;
    }

    private static string? FindFault(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "must not be empty";
        }

        if (text.Length > LongestUri)
        {
            return string.Create(CultureInfo.InvariantCulture, $"must have at most {LongestUri} characters, has {text.Length}");
        }

        if (!text.StartsWith("amqp://", StringComparison.OrdinalIgnoreCase) && !text.StartsWith("amqps://", StringComparison.OrdinalIgnoreCase))
        {
            return "must begin with amqp:// or amqps:// (the value is not shown)";
        }

        if (text.Any(static character => char.IsWhiteSpace(character) || char.IsControl(character)))
        {
            return $"must not contain blanks or control characters: {EncodeHint}";
        }

        if (text.Contains("${", StringComparison.Ordinal))
        {
            return "has a placeholder ('${') that nothing has replaced; write %24%7B if it is meant";
        }

        if (text.Contains('#', StringComparison.Ordinal))
        {
            return $"must not have a fragment ('#'): {EncodeHint}";
        }

        return text.Contains('?', StringComparison.Ordinal) ? $"must not have a query ('?'): options have keys of their own; {EncodeHint}" : null;
    }

    private static string? ReadUserInfo(string? userInfo, out UserCredentials? credentials)
    {
        credentials = null;
        if (userInfo is null)
        {
            return null;
        }

        if (userInfo.Contains('@', StringComparison.Ordinal))
        {
            return $"has more than one '@': {EncodeHint}";
        }

        int colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == userInfo.Length - 1)
        {
            return "must have both user and password before the '@', or neither";
        }

        if (!PercentText.TryDecode(userInfo[..colon], keepsBroken: false, out string user) || !PercentText.TryDecode(userInfo[(colon + 1)..], keepsBroken: false, out string password))
        {
            return $"has an invalid percent escape in the user or the password: {EncodeHint}";
        }

        credentials = new UserCredentials(user, password);
        return null;
    }

    private static string? ReadVirtualHost(string? path, out string? virtualHost)
    {
        virtualHost = null;
        if (path is null)
        {
            return null;
        }

        if (path.Length == 0)
        {
            return "ends with '/', which would be a virtual host without a name; leave it out, or write /%2F for the virtual host '/'";
        }

        if (path.Contains('/', StringComparison.Ordinal))
        {
            return "has several '/' behind the host; write %2F for a '/' in the name of the virtual host";
        }

        if (!PercentText.TryDecode(path, keepsBroken: false, out string decoded))
        {
            return $"has an invalid percent escape in the virtual host: {EncodeHint}";
        }

        virtualHost = decoded;
        return null;
    }
}

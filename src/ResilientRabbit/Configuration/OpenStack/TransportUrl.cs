using System.Globalization;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>A transport URL of oslo.messaging: <c>rabbit://user:password@host:port,user:password@host:port/virtual_host?key=value</c>.</summary>
/// <remarks>
/// The meaning is that of TransportURL.parse of oslo.messaging. Refused although oslo takes it, because it is a slip: a port that is empty, 0 or
/// no number, a fragment, an '@' behind the hosts, blanks, a host that no resolver can know. No rule repeats the URL.
/// </remarks>
internal sealed record TransportUrl(IReadOnlyList<TransportHost> Hosts, string? VirtualHost, IReadOnlyDictionary<string, string> Query, IReadOnlyList<string> Notices)
{
    private const int LongestUrl = 64 * 1024;
    private const string EncodeHint = "percent-encode ':', '/', '?', '#', '@', '%', ',' and blanks in user, password and virtual host";

    private static readonly string[] Schemes = ["rabbit", "kombu", "kombu+rabbit", "kombu+amqp"];

    /// <summary>Gets the virtual host that is used: an empty name means <c>/</c>.</summary>
    public string EffectiveVirtualHost => string.IsNullOrEmpty(VirtualHost) ? "/" : VirtualHost;

    /// <summary>Parses a URL.</summary>
    /// <returns>The broken rule, or null.</returns>
    public static string? TryParse(string text, out TransportUrl? url)
    {
        url = null;

        // A list of hosts is often continued on the next line of the file; Python's parser drops what separates them.
        string clean = text.Length > LongestUrl ? text : text.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal);
        if (FindFault(clean) is { } fault)
        {
            return fault;
        }

        string rest = clean[(clean.IndexOf(':', StringComparison.Ordinal) + 3)..];
        int question = rest.IndexOf('?', StringComparison.Ordinal);
        string query = question < 0 ? "" : rest[(question + 1)..];
        string location = question < 0 ? rest : rest[..question];
        int slash = location.IndexOf('/', StringComparison.Ordinal);
        string authority = slash < 0 ? location : location[..slash];
        string? path = slash < 0 ? null : location[(slash + 1)..];
        if (query.Contains('@', StringComparison.Ordinal) || path?.Contains('@', StringComparison.Ordinal) == true)
        {
            return $"has an '@' behind the first '/' or '?': {EncodeHint}";
        }

        List<string> notices = [];
        if (!TryDecode(path, "the virtual host", notices, out string? virtualHost))
        {
            return "has bytes in the virtual host that are not UTF-8";
        }

        List<TransportHost> hosts = [];
        foreach (string part in authority.Split(',').Where(static part => part.Length > 0))
        {
            if (ReadHost(part, hosts, notices) is { } rule)
            {
                return string.Create(CultureInfo.InvariantCulture, $"host {hosts.Count + 1}: {rule}");
            }
        }

        if (hosts.Exists(static host => host.HasCredentials) && hosts.Exists(static host => !host.HasCredentials))
        {
            notices.Add("some hosts have user and password and others have not: those get guest, as in oslo; write them for each host");
        }

        url = new TransportUrl(hosts, virtualHost, ReadQuery(query), notices);
        return null;
    }

    private static string? FindFault(string text)
    {
        if (text.Length > LongestUrl)
        {
            return string.Create(CultureInfo.InvariantCulture, $"must have at most {LongestUrl} characters, has {text.Length}");
        }

        int colon = text.IndexOf("://", StringComparison.Ordinal);
        if (colon < 0 || !Schemes.Contains(text[..colon], StringComparer.OrdinalIgnoreCase))
        {
            return "must begin with rabbit:// (the value is not shown; amqp:// is AMQP 1.0 in oslo, which is another protocol)";
        }

        if (text.Any(static character => char.IsWhiteSpace(character) || char.IsControl(character)))
        {
            return $"must not contain blanks or control characters: {EncodeHint}";
        }

        return text.Contains('#', StringComparison.Ordinal) ? $"must not have a fragment ('#'): {EncodeHint}" : null;
    }

    private static string? ReadHost(string part, List<TransportHost> hosts, List<string> notices)
    {
        int at = part.LastIndexOf('@');
        string? user = at < 0 ? null : part[..at];
        string? password = null;
        int colon = user?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon >= 0)
        {
            password = user![(colon + 1)..];
            user = user[..colon];
        }

        if (!TryDecode(user, "the user", notices, out user) || !TryDecode(password, "the password", notices, out password))
        {
            return "has bytes in the user or the password that are not UTF-8";
        }

        if (user?.Contains('\0', StringComparison.Ordinal) == true || password?.Contains('\0', StringComparison.Ordinal) == true)
        {
            return "must not have the NUL character in the user or the password";
        }

        string address = part[(at + 1)..];
        if (!EndpointParser.TryParse(address, EndpointParser.DefaultPort, out RabbitEndpoint endpoint, out string problem))
        {
            return problem;
        }

        if (at >= 0 && (string.IsNullOrEmpty(user) || string.IsNullOrEmpty(password)))
        {
            notices.Add("a host has a user without a password, or the other way round: the missing one is guest, as in oslo");
        }

        hosts.Add(new TransportHost(endpoint.Host, endpoint.Port, user, password));
        return null;
    }

    private static bool TryDecode(string? text, string what, List<string> notices, out string? decoded)
    {
        decoded = text;
        if (text is null)
        {
            return true;
        }

        if (PercentText.HasBrokenEscape(text))
        {
            notices.Add($"a '%' in {what} is not followed by two hexadecimal digits and stands for itself, as in oslo; write %25");
        }

        return PercentText.TryDecode(text, keepsBroken: true, out decoded);
    }

    // As Python's parse_qs: '+' is a blank, what has no value is dropped, what is given several times is joined.
    private static Dictionary<string, string> ReadQuery(string query)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (string pair in query.Split('&'))
        {
            int equal = pair.IndexOf('=', StringComparison.Ordinal);
            if (equal < 0 || equal == pair.Length - 1)
            {
                continue;
            }

            _ = PercentText.TryDecode(pair[..equal].Replace('+', ' '), keepsBroken: true, out string key);
            _ = PercentText.TryDecode(pair[(equal + 1)..].Replace('+', ' '), keepsBroken: true, out string value);
            values[key] = values.TryGetValue(key, out string? before) ? $"{before},{value}" : value;
        }

        return values;
    }

    /// <summary>Never the passwords.</summary>
    public override string ToString()
        => $"rabbit://{string.Join(',', Hosts)}/{(EffectiveVirtualHost is "/" ? "/" : Uri.EscapeDataString(EffectiveVirtualHost))}{(Query.Count == 0 ? "" : "?" + string.Join('&', Query.Keys.Select(static key => key + "=…")))}";
}

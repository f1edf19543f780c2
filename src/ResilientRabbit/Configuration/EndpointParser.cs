using System.Globalization;

namespace ResilientRabbit.Configuration;

/// <summary>Reads <c>host</c>, <c>host:port</c>, <c>[ipv6]</c> and <c>[ipv6]:port</c>, strictly and without touching the network.</summary>
internal static class EndpointParser
{
    public const int DefaultPort = 5672;
    public const int MinPort = 1;
    public const int MaxPort = 65535;

    private const string PortRule = "the part after ':' must be a port from 1 to 65535";

    /// <summary>Parses one address. On failure <paramref name="problem"/> names the broken rule, never the text: it may hold a password by mistake.</summary>
    public static bool TryParse(string? text, int defaultPort, out RabbitEndpoint endpoint, out string problem)
    {
        (string host, int port, string? broken) = Split(text ?? "", defaultPort);
        problem = broken ?? "";
        endpoint = broken is null ? new RabbitEndpoint(host, port) : default;
        return broken is null;
    }

    private static (string Host, int Port, string? Problem) Split(string text, int defaultPort)
    {
        if (HostRules.FindForbiddenCharacter(text) is { } problem)
        {
            return ("", 0, problem);
        }

        if (text[0] == '[')
        {
            return SplitBracketed(text, defaultPort);
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon != text.LastIndexOf(':'))
        {
            return ("", 0, "has several ':'; write an IPv6 address in brackets: [::1]:5672");
        }

        string host = colon < 0 ? text : text[..colon];
        int port = defaultPort;
        return colon >= 0 && !TryParsePort(text[(colon + 1)..], out port)
            ? ("", 0, PortRule)
            : (host, port, HostRules.FindProblem(host));
    }

    private static (string Host, int Port, string? Problem) SplitBracketed(string text, int defaultPort)
    {
        int end = text.IndexOf(']', StringComparison.Ordinal);
        if (end < 0)
        {
            return ("", 0, "has '[' without ']'");
        }

        string host = text[1..end];
        string rest = text[(end + 1)..];
        int port = defaultPort;
        return rest.Length > 0 && (rest[0] != ':' || !TryParsePort(rest[1..], out port))
            ? ("", 0, PortRule)
            : (host, port, HostRules.FindIpv6Problem(host));
    }

    private static bool TryParsePort(string text, out int port)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= MinPort and <= MaxPort;
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ResilientRabbit.Configuration;

/// <summary>Says what is wrong with the name or address of a host before the resolver is asked: an empty name, for example, would silently mean this machine.</summary>
internal static class HostRules
{
    private const int MaxHostLength = 253;
    private const int MaxLabelLength = 63;

    /// <summary>Returns the rule that a host name or IPv4 address breaks, or null.</summary>
    public static string? FindProblem(string host)
    {
        if (FindForbiddenCharacter(host) is { } problem)
        {
            return problem;
        }

        string? ascii = ToAscii(host.EndsWith('.') ? host[..^1] : host);
        if (string.IsNullOrEmpty(ascii))
        {
            return "must be a host name or an IP address";
        }

        return ascii.Length > MaxHostLength
            ? string.Create(CultureInfo.InvariantCulture, $"a host name must have at most {MaxHostLength} characters, has {ascii.Length}")
            : FindLabelProblem(ascii);
    }

    /// <summary>Returns the rule that an IPv6 address without brackets breaks, or null.</summary>
    public static string? FindIpv6Problem(string host)
        => !host.Contains('[', StringComparison.Ordinal) && !host.Contains('/', StringComparison.Ordinal) && !host.Any(IsBlankOrControl)
            && IPAddress.TryParse(host, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6
            ? null
            : "must have an IPv6 address between the brackets";

    /// <summary>Returns the rule that a character of an address breaks, or null. The address is not repeated: it may hold a password by mistake.</summary>
    public static string? FindForbiddenCharacter(string address)
    {
        if (string.IsNullOrWhiteSpace(address))
        {
            return "must not be empty";
        }

        if (address.Contains("://", StringComparison.Ordinal))
        {
            return "must be host or host:port, not a URI (the value is not shown)";
        }

        if (address.Contains('@', StringComparison.Ordinal))
        {
            return "must not contain '@': user and password have their own options (the value is not shown)";
        }

        return address.Any(IsBlankOrControl) ? "must not contain spaces or control characters" : null;
    }

    private static bool IsBlankOrControl(char character) => char.IsWhiteSpace(character) || char.IsControl(character);

    private static string? ToAscii(string host)
    {
        if (host.All(char.IsAscii))
        {
            return host;
        }

        try
        {
            return new IdnMapping().GetAscii(host);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string? FindLabelProblem(string host)
    {
        string[] labels = host.Split('.');
        foreach (string label in labels)
        {
            if (label.Length is 0 or > MaxLabelLength)
            {
                return string.Create(CultureInfo.InvariantCulture, $"each part of a host name must have 1 to {MaxLabelLength} characters, one has {label.Length}");
            }

            if (label[0] == '-' || label[^1] == '-')
            {
                return "no part of a host name may begin or end with '-'";
            }

            if (!label.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_'))
            {
                return "a host name has letters, digits, '-', '_' and '.' only";
            }
        }

        // The resolver would read 10.0.300, 10.0.0.256, 10.0.0.010 (8) or 0x0a000001 as some other address, or ask the network for a name that cannot exist.
        bool isRead = IPAddress.TryParse(host, out IPAddress? address);
        bool isAddress = isRead && string.Equals(address!.ToString(), host, StringComparison.Ordinal);
        return (isRead || labels[^1].All(char.IsAsciiDigit)) && !isAddress ? "looks like an IPv4 address and is none" : null;
    }
}

using ResilientRabbit.Configuration;

namespace ResilientRabbit.Management.Http;

/// <summary>Where one node, or a proxy, serves the management API.</summary>
/// <param name="Endpoint">Host and port.</param>
/// <param name="IsTls">Whether TLS is spoken.</param>
/// <param name="Prefix">The path before <c>/api</c>; empty, or with a slash before it and none after it.</param>
internal sealed record ManagementAddress(RabbitEndpoint Endpoint, bool IsTls, string Prefix)
{
    private const int PlainPort = 15672;
    private const int TlsPort = 15671;

    /// <summary>Reads an address. On failure <paramref name="problem"/> names the broken rule, never the text: it may hold a password by mistake.</summary>
    public static ManagementAddress? TryParse(string? text, bool isTlsByDefault, out string problem)
    {
        string rest = text ?? "";
        bool isTls = isTlsByDefault;
        if (rest.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            isTls = true;
            rest = rest["https://".Length..];
        }
        else if (rest.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            isTls = false;
            rest = rest["http://".Length..];
        }

        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string prefix = slash < 0 ? "" : rest[slash..].TrimEnd('/');
        string host = slash < 0 ? rest : rest[..slash];
        if (!EndpointParser.TryParse(host, isTls ? TlsPort : PlainPort, out RabbitEndpoint endpoint, out problem))
        {
            problem = "must be http://host:port, https://host:port, host:port or host: " + problem;
            return null;
        }

        if (!prefix.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '-' or '_' or '.') || prefix.Contains("..", StringComparison.Ordinal))
        {
            problem = "may have a path of letters, digits and '-', '_', '.' after the port, and no query (the value is not shown)";
            return null;
        }

        return new ManagementAddress(endpoint, isTls, prefix);
    }

    public override string ToString() => $"{(IsTls ? "https" : "http")}://{Endpoint}{Prefix}";
}

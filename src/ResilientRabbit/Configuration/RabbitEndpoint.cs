using System.Globalization;

namespace ResilientRabbit.Configuration;

/// <summary>The address of a broker, a proxy or a virtual IP. An IPv6 host is kept without its brackets, as name resolution wants it.</summary>
internal readonly record struct RabbitEndpoint(string Host, int Port)
{
    /// <summary>Returns <c>host:port</c>, with an IPv6 host in brackets.</summary>
    public override string ToString()
        => Host.Contains(':', StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
            : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}

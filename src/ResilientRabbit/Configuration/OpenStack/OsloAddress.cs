using System.Globalization;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>Where the brokers are: the transport URL, else <c>rabbit_hosts</c>, else <c>rabbit_host</c> and <c>rabbit_port</c>, else nothing written.</summary>
/// <param name="Url">The transport URL, also one that was made of the removed keys; null when nothing is written.</param>
/// <param name="Source">The option that decided.</param>
/// <param name="IsFromUrl">Whether it is a transport URL that somebody wrote.</param>
internal sealed record OsloAddress(TransportUrl? Url, OsloOption? Source, bool IsFromUrl)
{
    public static OsloAddress Find(OsloValues values, bool forNotifications, List<OsloProblem> problems)
    {
        OsloOption option = forNotifications && values.Text(OsloTransportOptions.NotificationUrl).Length > 0
            ? OsloTransportOptions.NotificationUrl
            : OsloTransportOptions.TransportUrl;
        if (values.Get(option) is { Place: { } place } found)
        {
            // A text that could not be read is a problem already.
            TransportUrl? url = null;
            if (found.Value is string text && TransportUrl.TryParse(text, out url) is { } rule)
            {
                string key = found.Entries.Count > 0 ? $"[{found.Entries[^1].Group}] {found.Entries[^1].Key}" : option.FullName;
                problems.Add(new OsloProblem(place, key, rule));
            }

            return new OsloAddress(url, option, true);
        }

        return OsloRemovedOptions.Address.Any(values.IsWritten) ? FromRemovedKeys(values, problems) : new OsloAddress(null, null, false);
    }

    private static OsloAddress FromRemovedKeys(OsloValues values, List<OsloProblem> problems)
    {
        bool isList = values.IsWritten(OsloRemovedOptions.Hosts);
        OsloOption source = isList ? OsloRemovedOptions.Hosts : OsloRemovedOptions.Host;
        int port = (int)values.Integer(OsloRemovedOptions.Port);
        Refuse(values, OsloRemovedOptions.Port, port is < EndpointParser.MinPort or > EndpointParser.MaxPort ? $"must be a port from 1 to 65535, is {port}" : null, problems);
        foreach (OsloOption text in new[] { OsloRemovedOptions.UserId, OsloRemovedOptions.Password, OsloRemovedOptions.VirtualHost })
        {
            string value = values.Text(text);
            string? rule = value.Length == 0 ? "must not be empty" : value.Contains('\0', StringComparison.Ordinal) ? "must not contain the NUL character" : null;
            Refuse(values, text, rule, problems);
        }

        IReadOnlyList<string> hosts = isList ? values.List(source) : [Bracketed(values.Text(source))];
        if (hosts.Count is 0 or > EndpointRules.MostEndpoints)
        {
            Refuse(values, source, string.Create(CultureInfo.InvariantCulture, $"must name 1 to {EndpointRules.MostEndpoints} hosts, names {hosts.Count}"), problems);
            return new OsloAddress(null, source, false);
        }

        List<TransportHost> parsed = [];
        for (int index = 0; index < hosts.Count; index++)
        {
            if (!isList && hosts[index].Contains(':', StringComparison.Ordinal) && !hosts[index].StartsWith('['))
            {
                Refuse(values, source, "must be a host without a port; use rabbit_port, or rabbit_hosts for host:port", problems);
            }
            else if (EndpointParser.TryParse(hosts[index], port, out RabbitEndpoint endpoint, out string rule))
            {
                parsed.Add(new TransportHost(endpoint.Host, endpoint.Port, values.Text(OsloRemovedOptions.UserId), values.Text(OsloRemovedOptions.Password)));
            }
            else
            {
                Refuse(values, source, isList ? string.Create(CultureInfo.InvariantCulture, $"host {index + 1}: {rule}") : rule, problems);
            }
        }

        var url = new TransportUrl(parsed, values.Text(OsloRemovedOptions.VirtualHost), new Dictionary<string, string>(StringComparer.Ordinal), []);
        return new OsloAddress(url, source, false);
    }

    private static string Bracketed(string host)
        => !host.StartsWith('[') && host.Contains(':', StringComparison.Ordinal) && HostRules.FindIpv6Problem(host) is null ? $"[{host}]" : host;

    private static void Refuse(OsloValues values, OsloOption option, string? rule, List<OsloProblem> problems)
    {
        if (rule is not null)
        {
            OsloFound found = values.Get(option);
            string key = found.Entries.Count > 0 ? $"[{found.Entries[^1].Group}] {found.Entries[^1].Key}" : option.FullName;
            problems.Add(new OsloProblem(found.Place ?? new OsloPlace("default", 0), key, rule));
        }
    }
}

using System.Security.Authentication;

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The rules of translation for addresses, TLS, login, retry, heartbeat and pools.</summary>
internal static class OsloConnectionMapping
{
    private const int LongestSeconds = 65_535;

    public static void Map(OsloMapping mapping, OsloAddress address)
    {
        MapAddress(mapping, address);
        MapTls(mapping);
        MapLogin(mapping);
        MapRetry(mapping);
        MapHeartbeat(mapping);
        MapPools(mapping);
        MapPauses(mapping);
    }

    private static void MapAddress(OsloMapping mapping, OsloAddress address)
    {
        if (address is not { Url: { } url, Source: { } source })
        {
            return;
        }

        bool isTls = mapping.Values.Flag(OsloConnectionOptions.Ssl);
        string shown = url.Hosts.Count == 0 ? "guest:***@localhost:5672" : string.Join(", ", url.Hosts.Select(static host => $"{host.Credentials.UserName}:***@{host.Endpoint}"));
        mapping.Set(source, nameof(ResilientRabbitOptions.Uris), shown, options =>
        {
            options.Endpoints.Clear();
            options.Uris.Clear();
            foreach (TransportHost host in url.Hosts)
            {
                options.Uris.Add(ToUri(host, isTls));
            }
        });
        OsloOption virtualHost = address.IsFromUrl ? source : OsloRemovedOptions.VirtualHost;
        mapping.Set(virtualHost, nameof(ResilientRabbitOptions.VirtualHost), url.EffectiveVirtualHost, options => options.VirtualHost = url.EffectiveVirtualHost);
    }

    private static string ToUri(TransportHost host, bool isTls)
    {
        UserCredentials credentials = host.Credentials;
        return $"{(isTls ? "amqps" : "amqp")}://{Uri.EscapeDataString(credentials.UserName)}:{Uri.EscapeDataString(credentials.Password)}@{host.Endpoint}";
    }

    private static void MapTls(OsloMapping mapping)
    {
        OsloValues values = mapping.Values;
        if (values.IsWritten(OsloConnectionOptions.Ssl))
        {
            bool isTls = values.Flag(OsloConnectionOptions.Ssl);
            mapping.Set(OsloConnectionOptions.Ssl, "Tls:Enabled", isTls, options => options.Tls.Enabled = isTls);
        }

        MapFile(mapping, OsloConnectionOptions.SslCaFile, "Tls:CaFile", static (tls, file) => tls.CaFile = file);
        MapFile(mapping, OsloConnectionOptions.SslCertFile, "Tls:CertificateFile", static (tls, file) => tls.CertificateFile = file);
        MapFile(mapping, OsloConnectionOptions.SslKeyFile, "Tls:KeyFile", static (tls, file) => tls.KeyFile = file);
        if (values.IsWritten(OsloConnectionOptions.SslEnforceHostname))
        {
            bool verifies = values.Flag(OsloConnectionOptions.SslEnforceHostname);
            mapping.Set(OsloConnectionOptions.SslEnforceHostname, "Tls:VerifyHostName", verifies, options => options.Tls.VerifyHostName = verifies);
        }

        MapProtocols(mapping);
    }

    private static void MapFile(OsloMapping mapping, OsloOption option, string target, Action<TlsOptions, string> set)
    {
        // Empty is oslo's default and means none.
        if (mapping.Values.IsWritten(option) && mapping.Values.Text(option) is { Length: > 0 } file)
        {
            mapping.Set(option, target, file, options => set(options.Tls, file));
        }
    }

    private static void MapProtocols(OsloMapping mapping)
    {
        if (!mapping.Values.IsWritten(OsloConnectionOptions.SslVersion))
        {
            return;
        }

        string version = mapping.Values.Text(OsloConnectionOptions.SslVersion);
        SslProtocols? protocols = version.ToUpperInvariant() switch
        {
            "TLSV1_2" => SslProtocols.Tls12,
            "" or "SSLV23" or "SSLV2" or "SSLV3" or "TLSV1" or "TLSV1_1" => SslProtocols.Tls12 | SslProtocols.Tls13,
            _ => null,
        };
        if (protocols is not { } allowed)
        {
            mapping.Refuse(OsloConnectionOptions.SslVersion, $"must be TLSv1_2, SSLv23 or an older one of oslo's (TLSv1, TLSv1_1, SSLv3, SSLv2), is {ProblemList.Quote(version)}");
            return;
        }

        mapping.Set(OsloConnectionOptions.SslVersion, "Tls:Protocols", allowed, options => options.Tls.Protocols = allowed);
    }

    private static void MapLogin(OsloMapping mapping)
    {
        if (!mapping.Values.IsWritten(OsloConnectionOptions.LoginMethod))
        {
            return;
        }

        string method = mapping.Values.Text(OsloConnectionOptions.LoginMethod);
        if (method is "RABBIT-CR-DEMO")
        {
            mapping.Refuse(OsloConnectionOptions.LoginMethod, "is a demonstration that the driver does not speak; write PLAIN or EXTERNAL");
            return;
        }

        SaslMechanism mechanism = method is "EXTERNAL" ? SaslMechanism.External : SaslMechanism.Plain;
        mapping.Set(OsloConnectionOptions.LoginMethod, nameof(ResilientRabbitOptions.Authentication), mechanism, options => options.Authentication = mechanism);
    }

    private static void MapRetry(OsloMapping mapping)
    {
        OsloValues values = mapping.Values;
        OsloOption[] three = [OsloConnectionOptions.RetryInterval, OsloConnectionOptions.RetryBackoff, OsloConnectionOptions.IntervalMax];
        if (!three.Any(values.IsWritten))
        {
            return;
        }

        foreach (OsloOption option in three)
        {
            _ = mapping.Written(option, 0, LongestSeconds);
        }

        TimeSpan first = Seconds(Math.Max(1, values.Integer(OsloConnectionOptions.RetryInterval)));
        TimeSpan step = Seconds(values.Integer(OsloConnectionOptions.RetryBackoff));
        TimeSpan longest = Seconds(values.Integer(OsloConnectionOptions.IntervalMax));
        longest = longest < first ? first : longest;
        mapping.Set(OsloConnectionOptions.RetryInterval, nameof(ResilientRabbitOptions.ReconnectDelay), first, options => options.ReconnectDelay = first);
        mapping.Set(OsloConnectionOptions.RetryBackoff, nameof(ResilientRabbitOptions.ReconnectStep), step, options => options.ReconnectStep = step);
        mapping.Set(OsloConnectionOptions.IntervalMax, nameof(ResilientRabbitOptions.ReconnectMaxDelay), longest, options => options.ReconnectMaxDelay = longest);
    }

    private static void MapHeartbeat(OsloMapping mapping)
    {
        if (mapping.Values.IsWritten(OsloConnectionOptions.FailoverStrategy))
        {
            EndpointOrder order = mapping.Values.Text(OsloConnectionOptions.FailoverStrategy) is "shuffle" ? EndpointOrder.Shuffle : EndpointOrder.RoundRobin;
            mapping.Set(OsloConnectionOptions.FailoverStrategy, nameof(ResilientRabbitOptions.EndpointOrder), order, options => options.EndpointOrder = order);
        }

        switch (mapping.Written(OsloConnectionOptions.HeartbeatThreshold, 0, LongestSeconds))
        {
            case 0:
                mapping.Note(OsloConnectionOptions.HeartbeatThreshold, "heartbeats are never off: the SDK's default stays");
                break;
            case { } seconds:
                TimeSpan heartbeat = Seconds(seconds);
                mapping.Set(OsloConnectionOptions.HeartbeatThreshold, nameof(ResilientRabbitOptions.Heartbeat), heartbeat, options => options.Heartbeat = heartbeat);
                break;
        }
    }

    private static void MapPools(OsloMapping mapping)
    {
        long? most = mapping.Written(OsloConnectionOptions.PoolSize, 1, int.MaxValue);
        long? least = mapping.Written(OsloConnectionOptions.PoolMinSize, 0, int.MaxValue);
        long effectiveMost = mapping.Values.Integer(OsloConnectionOptions.PoolSize);
        if (least > effectiveMost)
        {
            mapping.Refuse(OsloConnectionOptions.PoolMinSize, FormattableString.Invariant($"must be at most rpc_conn_pool_size ({effectiveMost}), is {least}"));
            return;
        }

        if (most is { } lanes)
        {
            int count = (int)Math.Min(lanes, PublisherRules.MaxLanes);
            mapping.Set(OsloConnectionOptions.PoolSize, "Publisher:Lanes", count, options =>
            {
                options.Publisher.Lanes = count;
                options.Publisher.Connections = Math.Min(options.Publisher.Connections, count);
            });
        }

        if (least is { } connections)
        {
            int count = (int)Math.Clamp(connections, 1, PublisherRules.MaxConnections);
            mapping.Set(OsloConnectionOptions.PoolMinSize, "Publisher:Connections", count, options =>
            {
                // The SDK's default of lanes may be fewer than the wanted connections; each needs one.
                options.Publisher.Lanes = Math.Max(options.Publisher.Lanes, Math.Min(count, (int)Math.Min(effectiveMost, PublisherRules.MaxLanes)));
                options.Publisher.Connections = Math.Min(count, options.Publisher.Lanes);
            });
        }
    }

    private static void MapPauses(OsloMapping mapping)
    {
        if (mapping.Values.IsWritten(OsloConnectionOptions.ReconnectDelay))
        {
            TimeSpan delay = TimeSpan.FromSeconds(mapping.Values.Number(OsloConnectionOptions.ReconnectDelay));
            mapping.Set(OsloConnectionOptions.ReconnectDelay, "Consumers:ResubscribeDelay", delay, options => options.Consumers.ResubscribeDelay = delay);
        }

        if (mapping.Values.IsWritten(OsloConnectionOptions.ReconnectSplay))
        {
            TimeSpan splay = TimeSpan.FromSeconds(Math.Min(mapping.Values.Number(OsloConnectionOptions.ReconnectSplay), LongestSeconds));
            mapping.Set(OsloConnectionOptions.ReconnectSplay, "Consumers:ResubscribeSplay", splay, options => options.Consumers.ResubscribeSplay = splay);
        }
    }

    private static TimeSpan Seconds(long seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestSeconds));
}

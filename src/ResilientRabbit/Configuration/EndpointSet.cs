namespace ResilientRabbit.Configuration;

/// <summary>What endpoints or URIs say together: where, as whom, over TLS or not, in which virtual host.</summary>
internal sealed record EndpointSet(IReadOnlyList<RabbitEndpoint> Endpoints, IReadOnlyDictionary<RabbitEndpoint, UserCredentials> Credentials, bool IsTls, string VirtualHost)
{
    /// <summary>Reads the addresses of options. What is not valid is left out: <see cref="EndpointRules"/> reports it.</summary>
    public static EndpointSet Of(ResilientRabbitOptions options)
    {
        List<RabbitEndpoint> endpoints = [];
        Dictionary<RabbitEndpoint, UserCredentials> credentials = [];
        bool isTls = options.Tls.Enabled;
        string virtualHost = options.VirtualHost;
        foreach (string text in options.Uris)
        {
            if (AmqpUriParser.TryParse(text, out AmqpUri? uri) is null)
            {
                Add(uri!.Endpoint, endpoints);
                isTls |= uri.IsTls;
                virtualHost = uri.VirtualHost ?? virtualHost;
                if (uri.Credentials is { } own)
                {
                    credentials.TryAdd(uri.Endpoint, own);
                }
            }
        }

        foreach (string text in options.Endpoints)
        {
            if (EndpointParser.TryParse(text, options.Port, out RabbitEndpoint endpoint, out _))
            {
                Add(endpoint, endpoints);
            }
        }

        return new EndpointSet(endpoints.Count > 0 ? endpoints : [new RabbitEndpoint("localhost", options.Port)], credentials, isTls, virtualHost);
    }

    private static void Add(RabbitEndpoint endpoint, List<RabbitEndpoint> endpoints)
    {
        if (!endpoints.Contains(endpoint))
        {
            endpoints.Add(endpoint);
        }
    }
}

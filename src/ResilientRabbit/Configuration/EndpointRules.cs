using System.Globalization;

namespace ResilientRabbit.Configuration;

/// <summary>The rules of endpoints and URIs: each by itself, then all together.</summary>
internal static class EndpointRules
{
    /// <summary>More are no cluster but the wrong list.</summary>
    public const int MostEndpoints = 256;

    public static void Check(ResilientRabbitOptions options, ProblemList problems)
    {
        problems.RequireRange(nameof(options.Port), options.Port, EndpointParser.MinPort, EndpointParser.MaxPort);
        CheckCount(nameof(options.Endpoints), options.Endpoints.Count, problems);
        CheckCount(nameof(options.Uris), options.Uris.Count, problems);
        for (int index = 0; index < Math.Min(options.Endpoints.Count, MostEndpoints); index++)
        {
            if (!EndpointParser.TryParse(options.Endpoints[index], options.Port, out _, out string problem))
            {
                problems.Add(KeyOf(nameof(options.Endpoints), index), problem);
            }
        }

        List<(int Index, AmqpUri Uri)> uris = [];
        for (int index = 0; index < Math.Min(options.Uris.Count, MostEndpoints); index++)
        {
            if (AmqpUriParser.TryParse(options.Uris[index], out AmqpUri? uri) is { } problem)
            {
                problems.Add(KeyOf(nameof(options.Uris), index), problem);
            }
            else
            {
                uris.Add((index, uri!));
                CheckIdentity(index, uri!, problems);
            }
        }

        CheckTogether(options, uris, problems);
    }

    private static void CheckCount(string key, int count, ProblemList problems)
    {
        if (count > MostEndpoints)
        {
            problems.Add(key, string.Create(CultureInfo.InvariantCulture, $"must have at most {MostEndpoints} entries, has {count}"));
        }
    }

    private static void CheckIdentity(int index, AmqpUri uri, ProblemList problems)
    {
        string key = KeyOf(nameof(ResilientRabbitOptions.Uris), index);
        if (uri.Credentials is { } credentials)
        {
            IdentityRules.CheckText(key, credentials.UserName, problems);
            IdentityRules.CheckText(key, credentials.Password, problems);
        }

        if (uri.VirtualHost is { } virtualHost)
        {
            IdentityRules.CheckShortText(key, virtualHost, problems);
        }
    }

    private static void CheckTogether(ResilientRabbitOptions options, List<(int Index, AmqpUri Uri)> uris, ProblemList problems)
    {
        if (options.Uris.Count > 0 && options.Endpoints.Count > 0)
        {
            string rule = string.Create(CultureInfo.InvariantCulture, $"says the same as Endpoints; choose one of them (there are {options.Uris.Count} URIs and {options.Endpoints.Count} endpoints)");
            problems.Add(nameof(options.Uris), rule);
        }

        foreach ((int index, AmqpUri uri) in uris)
        {
            string key = KeyOf(nameof(options.Uris), index);
            if (uri.IsTls != uris[0].Uri.IsTls)
            {
                problems.Add(key, $"is {Scheme(uri)}, and the first one is {Scheme(uris[0].Uri)}; all connections of a client use TLS, or none");
            }

            if (!string.Equals(uri.VirtualHost, uris[0].Uri.VirtualHost, StringComparison.Ordinal))
            {
                problems.Add(key, $"has the virtual host {Quote(uri)}, and the first one {Quote(uris[0].Uri)}; a client has one virtual host");
            }

            if (uris.Find(other => other.Index < index && other.Uri.Endpoint == uri.Endpoint && other.Uri.Credentials != uri.Credentials).Uri is not null)
            {
                problems.Add(key, $"has the same address as an earlier one, {uri.Endpoint}, with other credentials");
            }
        }

        if (uris.Count > 0 && options.Tls.Enabled && !uris[0].Uri.IsTls)
        {
            problems.Add(nameof(options.Uris), "begin with amqp://, and Tls:Enabled is True; write amqps://");
        }

        if (uris.Count > 0 && uris[0].Uri.VirtualHost is { } virtualHost && options.VirtualHost is not "/" && !string.Equals(options.VirtualHost, virtualHost, StringComparison.Ordinal))
        {
            problems.Add(nameof(options.VirtualHost), $"is {ProblemList.Quote(options.VirtualHost ?? "")}, and the URIs say {ProblemList.Quote(virtualHost)}; choose one of them");
        }
    }

    private static string Scheme(AmqpUri uri) => uri.IsTls ? "amqps" : "amqp";

    private static string Quote(AmqpUri uri) => uri.VirtualHost is null ? "of the options" : ProblemList.Quote(uri.VirtualHost);

    private static string KeyOf(string key, int index) => string.Create(CultureInfo.InvariantCulture, $"{key}:{index}");
}

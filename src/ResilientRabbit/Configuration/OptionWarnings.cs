using System.Globalization;

namespace ResilientRabbit.Configuration;

/// <summary>What is valid and probably not meant: logged at each start. No secret is in it.</summary>
internal static class OptionWarnings
{
    /// <summary>The most unacknowledged messages for a consumer of a quorum queue.</summary>
    public const int QuorumPrefetch = 2000;

    public static IEnumerable<string> Of(ClientSettings settings, ResilientRabbitOptions options)
    {
        if (settings.Tls is { AcceptAnyCertificate: true })
        {
            yield return "Tls:AcceptAnyCertificate is on: anybody between here and the broker can read and change everything.";
        }
        else if (settings.Tls is { VerifyHostName: false })
        {
            yield return "Tls:VerifyHostName is off: every holder of a certificate of a trusted authority can pass for the broker.";
        }

        if (!options.Tls.AllowUnusualPort)
        {
            int unusual = settings.Tls is null ? AmqpUriParser.TlsPort : EndpointParser.DefaultPort;
            foreach (RabbitEndpoint endpoint in settings.Endpoints.Where(endpoint => endpoint.Port == unusual))
            {
                yield return $"{endpoint} is to be reached {(settings.Tls is null ? "without TLS, and that is the port for TLS" : "over TLS, and that is the port without TLS")}; Tls:AllowUnusualPort silences this.";
            }
        }

        int written = options.Endpoints.Count + options.Uris.Count;
        if (written > settings.Endpoints.Count)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{written} addresses are given, {settings.Endpoints.Count} of them different: a repeated one counts once.");
        }

        if (options.Consumers.Prefetch > QuorumPrefetch && (options.Declarations.QueueType == QueueType.Quorum || options.Declarations.TransientQueueType == QueueType.Quorum))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Consumers:Prefetch is {options.Consumers.Prefetch}, and queues are declared as quorum queues, which RabbitMQ serves with at most {QuorumPrefetch} at a time.");
        }

        if (settings.Publisher.DeliveryTimeout < settings.Heartbeat)
        {
            yield return $"Publisher:DeliveryTimeout ({settings.Publisher.DeliveryTimeout:c}) is below Heartbeat ({settings.Heartbeat:c}): messages expire before a silent broker is noticed.";
        }

        foreach (string doubt in ModeRules.Doubts(settings))
        {
            yield return doubt;
        }
    }
}

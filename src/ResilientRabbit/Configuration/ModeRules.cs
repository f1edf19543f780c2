using System.Globalization;

namespace ResilientRabbit.Configuration;

/// <summary>What stands behind the endpoints, and the times that must fit together because of it.</summary>
internal static class ModeRules
{
    private const int LargestInbound = 512 * 1024 * 1024;

    private static readonly TimeSpan LongestVirtualIpHeartbeat = TimeSpan.FromSeconds(30);

    /// <summary>One address may hide several brokers, several are the brokers themselves; unless the options say.</summary>
    public static ConnectionMode ModeOf(ResilientRabbitOptions options, int endpoints)
        => options.ConnectionMode ?? (endpoints == 1 ? ConnectionMode.LoadBalancer : ConnectionMode.NodeList);

    public static void Check(ResilientRabbitOptions options, ProblemList problems)
    {
        problems.RequireDefined(nameof(options.ConnectionMode), options.ConnectionMode ?? ConnectionMode.NodeList);
        problems.RequireDuration(nameof(options.MoveTimeout), options.MoveTimeout);
        problems.RequireRange(nameof(options.MaxInboundMessageSize), options.MaxInboundMessageSize, 1, LargestInbound);
        if (options.FailBackDelay is { } failBack)
        {
            problems.RequireRange(nameof(options.FailBackDelay), failBack, TimeSpan.FromSeconds(1), ProblemList.LongestDuration);
            if (options.ConnectionMode == ConnectionMode.LoadBalancer)
            {
                problems.Add(nameof(options.FailBackDelay), $"is {failBack:c}, and ConnectionMode is LoadBalancer: which node is behind a proxy is the proxy's choice; leave it out");
            }
        }

        if (options.ProxyIdleTimeout is { } idle)
        {
            problems.RequireDuration(nameof(options.ProxyIdleTimeout), idle);
            if (options.Heartbeat >= idle && idle > TimeSpan.Zero)
            {
                problems.Add(
                    nameof(options.Heartbeat),
                    $"must be below ProxyIdleTimeout ({idle:c}), is {options.Heartbeat:c}: an idle connection carries nothing but heartbeats, one in each half of that time, and the proxy cuts what it takes for unused");
            }
        }
    }

    /// <summary>What is valid and probably not meant.</summary>
    public static IEnumerable<string> Doubts(ClientSettings settings)
    {
        PublisherSettings publisher = settings.Publisher;
        if (publisher.ConfirmStallTimeout > settings.Heartbeat * 1.2)
        {
            yield return $"Publisher:ConfirmStallTimeout ({publisher.ConfirmStallTimeout:c}) is above 1.2 times Heartbeat ({settings.Heartbeat:c}): a silent broker is given up before a stall is looked into, so that a stall is never probed.";
        }

        if (publisher.DeliveryTimeout <= settings.ConnectTimeout)
        {
            yield return $"Publisher:DeliveryTimeout ({publisher.DeliveryTimeout:c}) is not above ConnectTimeout ({settings.ConnectTimeout:c}): messages expire before an attempt to connect to a silent address has ended.";
        }

        if (settings.ConnectionMode == ConnectionMode.VirtualIp && settings.Heartbeat > LongestVirtualIpHeartbeat)
        {
            yield return $"Heartbeat ({settings.Heartbeat:c}) is above {LongestVirtualIpHeartbeat:c}, and ConnectionMode is VirtualIp: an idle connection learns that the address has moved from heartbeats only.";
        }

        if (settings.ConnectionMode == ConnectionMode.NodeList && settings.FailBackDelay is { } failBack && settings.Endpoints.Count == 1)
        {
            yield return $"FailBackDelay ({failBack:c}) has no effect with a single endpoint.";
        }

        if (settings.QueueLeaderResolver is not null && (settings.ConnectionMode != ConnectionMode.NodeList || publisher.Connections == 1))
        {
            yield return $"QueueLeaderResolver has no effect with ConnectionMode {settings.ConnectionMode} and {publisher.Connections.ToString(CultureInfo.InvariantCulture)} in Publisher:Connections: it needs NodeList and a connection to each node.";
        }
    }
}

using System.Globalization;
using System.Text;

namespace ResilientRabbit.Clusters;

/// <summary>Renders haproxy.cfg.</summary>
internal static class HaProxyConfiguration
{
    public static string Render(HaProxyOptions options, ClusterAddress bind, IReadOnlyList<ClusterAddress> backends)
    {
        var text = new StringBuilder(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            global
                maxconn 8000

            defaults
                mode tcp
                option redispatch{(options.RedispatchInterval is { } interval ? " " + interval.ToString(CultureInfo.InvariantCulture) : "")}
                retries {options.Retries}
                timeout connect {Milliseconds(options.ConnectTimeout)}
                timeout client {Milliseconds(options.ClientTimeout)}
                timeout server {Milliseconds(options.ServerTimeout)}

            frontend amqp
                bind {bind}
                default_backend rabbitmq

            backend rabbitmq
                balance roundrobin
                default-server inter {Milliseconds(options.CheckInterval)} rise {options.Rise} fall {options.Fall}{(options.ShutdownSessionsWhenDown ? " on-marked-down shutdown-sessions" : "")}

            """));
        for (var index = 0; index < backends.Count; index++)
        {
            text.Append(CultureInfo.InvariantCulture, $"    server rabbit{index + 1} {backends[index]} check\n");
        }

        return text.ToString();
    }

    private static string Milliseconds(TimeSpan duration) => ((long)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + "ms";
}

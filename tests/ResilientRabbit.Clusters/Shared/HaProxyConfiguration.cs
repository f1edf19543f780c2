using System.Globalization;
using System.Text;

namespace ResilientRabbit.Clusters;

/// <summary>Renders haproxy.cfg.</summary>
internal static class HaProxyConfiguration
{
    /// <summary>The protocol's header of AMQP 0-9-1, and connection.start (class 10, method 10) within half a second: specification, sections 2.2.4 and 4.2.2.</summary>
    internal const string AmqpCheck =
        """

            option tcp-check
            timeout check 500ms
            tcp-check connect
            tcp-check send-binary 414d515000000901
            tcp-check expect binary 000a000a
        """;

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
                balance roundrobin{(options.ChecksAmqp ? AmqpCheck : "")}
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

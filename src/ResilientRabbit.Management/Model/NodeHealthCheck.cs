using System.Globalization;

namespace ResilientRabbit.Management;

/// <summary>A question about the node that answers it (<c>rabbitmq-diagnostics check_…</c>).</summary>
/// <param name="Path">The path below <c>/api/health/checks/</c>, for example <c>local-alarms</c>.</param>
public readonly record struct NodeHealthCheck(string Path)
{
    /// <summary>Gets the check that there are no alarms in the cluster.</summary>
    public static NodeHealthCheck Alarms { get; } = new("alarms");

    /// <summary>Gets the check that there are no alarms on the node.</summary>
    public static NodeHealthCheck LocalAlarms { get; } = new("local-alarms");

    /// <summary>Gets the check that every virtual host runs on the node.</summary>
    public static NodeHealthCheck VirtualHosts { get; } = new("virtual-hosts");

    /// <summary>Gets the check that every mirrored queue whose master is on the node has a synchronised mirror elsewhere (3.x).</summary>
    public static NodeHealthCheck MirrorSynchronisation { get; } = new("node-is-mirror-sync-critical");

    /// <summary>Gets the check that every quorum queue with a member on the node would keep its majority without it.</summary>
    public static NodeHealthCheck QuorumMajority { get; } = new("node-is-quorum-critical");

    /// <summary>The check that something listens on a port of the node.</summary>
    /// <param name="port">The port.</param>
    /// <returns>The check.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is no port.</exception>
    public static NodeHealthCheck PortListener(int port)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, 65535);
        return new NodeHealthCheck("port-listener/" + port.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The check that the node listens for a protocol.</summary>
    /// <param name="protocol">The protocol, for example <c>amqp091</c> or <c>amqp/ssl</c>.</param>
    /// <returns>The check.</returns>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public static NodeHealthCheck ProtocolListener(string protocol)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(protocol);
        return new NodeHealthCheck("protocol-listener/" + Uri.EscapeDataString(protocol));
    }

    /// <summary>The check that no certificate of the node's listeners expires soon.</summary>
    /// <param name="days">Within how many days; at least 1.</param>
    /// <returns>The check.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive.</exception>
    public static NodeHealthCheck CertificateExpiration(int days)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(days, 1);
        return new NodeHealthCheck("certificate-expiration/" + days.ToString(CultureInfo.InvariantCulture) + "/days");
    }
}

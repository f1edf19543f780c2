namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>The options that say where the brokers are.</summary>
internal static class OsloTransportOptions
{
    public static readonly OsloOption TransportUrl = new(
        OsloEntry.DefaultGroup, "transport_url", OsloKind.Text, "rabbit://", OsloKeyFate.Applied,
        "Hosts, ports, credentials (of each host), virtual host; its query overrides the keys of [oslo_messaging_rabbit].")
    {
        IsSecret = true,
    };

    public static readonly OsloOption NotificationUrl = new(
        OsloOptions.Notifications, "transport_url", OsloKind.Text, null, OsloKeyFate.Applied,
        "Used instead of [DEFAULT] transport_url when the source asks for notifications; otherwise without effect.")
    {
        IsSecret = true,
        Deprecated = [(OsloEntry.DefaultGroup, "notification_transport_url")],
    };

    public static readonly OsloOption ControlExchange = new(
        OsloEntry.DefaultGroup, "control_exchange", OsloKind.Text, "openstack", OsloKeyFate.Translated,
        "OsloConfiguration.ControlExchange, for the application: the SDK publishes where it is told.");

    public static readonly OsloOption Topics = new(
        OsloOptions.Notifications, "topics", OsloKind.List, "notifications", OsloKeyFate.Translated,
        "OsloConfiguration.NotificationTopics, for the application: a topic and a priority are a queue, for example notifications.info.")
    {
        Deprecated = [("rpc_notifier2", "topics"), (OsloEntry.DefaultGroup, "notification_topics")],
    };

    public static readonly IReadOnlyList<OsloOption> All = [TransportUrl, NotificationUrl, ControlExchange, Topics];
}

namespace ResilientRabbit.Configuration.OpenStack;

/// <summary>
/// Every option of oslo.messaging's rabbit driver, its transport and its notifier, also those that newer versions have renamed or removed.
/// Names, types and defaults are those of oslo.messaging 14 (Debian 12) and, where that has none, of its development version of 2026-05.
/// </summary>
internal static class OsloOptions
{
    public const string Rabbit = "oslo_messaging_rabbit";
    public const string Notifications = "oslo_messaging_notifications";
    public const string Metrics = "oslo_messaging_metrics";

    private const string Default = OsloEntry.DefaultGroup;

    public static readonly IReadOnlyList<OsloOption> All =
    [
        .. OsloTransportOptions.All,
        .. OsloConnectionOptions.All,
        .. OsloQueueOptions.All,
        .. OsloRemovedOptions.All,
        .. OsloOtherOptions.All,
    ];

    private static readonly Dictionary<(string, string), OsloOption> ByName = Index();

    /// <summary>The option that a key means, under its current or an older name; null for none.</summary>
    public static OsloOption? Find(string group, string name) => ByName.GetValueOrDefault((group, name));

    /// <summary>The option of a current name that must exist.</summary>
    public static OsloOption Get(string group, string name) => ByName[(group, name)];

    /// <summary>Says whether a key that is no option belongs to us all the same, and so is worth a word in the report.</summary>
    public static bool IsOurs(string group, string key) => group switch
    {
        Rabbit or Notifications or Metrics => true,
        Default => key.StartsWith("rabbit_", StringComparison.Ordinal) || key.StartsWith("kombu_", StringComparison.Ordinal)
            || key.StartsWith("amqp_", StringComparison.Ordinal) || key.StartsWith("oslo_messaging", StringComparison.Ordinal),
        _ => false,
    };

    private static Dictionary<(string, string), OsloOption> Index()
    {
        // Current names win over older ones: 'transport_url' of the notifications was once 'notification_transport_url' of [DEFAULT].
        Dictionary<(string, string), OsloOption> index = [];
        foreach (OsloOption option in All)
        {
            index[(option.Group, option.Name)] = option;
        }

        foreach (OsloOption option in All)
        {
            foreach ((string, string) name in option.Names)
            {
                index.TryAdd(name, option);
            }
        }

        return index;
    }
}

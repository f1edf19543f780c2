using System.Globalization;
using System.Text.Json;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>The broker's own shovel, set up at the near site with rabbitmqctl.</summary>
public static class BrokerShovel
{
    public static async Task StartAsync(TwoSites sites, string name, string sourceQueue, string targetQueue, int prefetch)
    {
        ArgumentNullException.ThrowIfNull(sites);
        string definition = JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["src-protocol"] = "amqp091",
            ["src-uri"] = UriOf(sites.Near.Nodes[0].Address),
            ["src-queue"] = sourceQueue,
            ["src-prefetch-count"] = prefetch,
            ["dest-protocol"] = "amqp091",
            ["dest-uri"] = UriOf(sites.ToFar.Addresses[0]),
            ["dest-queue"] = targetQueue,
            ["ack-mode"] = "on-confirm",
        });
        await sites.Near.Nodes[0].RunCtlAsync("set_parameter", "shovel", name, definition);
    }

    public static Task StopAsync(TwoSites sites, string name)
    {
        ArgumentNullException.ThrowIfNull(sites);
        return sites.Near.Nodes[0].RunCtlAsync("clear_parameter", "shovel", name);
    }

    private static string UriOf(ClusterAddress address) => string.Create(CultureInfo.InvariantCulture, $"amqp://guest:guest@{address}");
}

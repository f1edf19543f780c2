using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class StatusWriterTests
{
    [Fact]
    public void The_names_of_a_node_and_its_cluster_are_not_told_of_another_endpoint()
    {
        var writer = new StatusWriter("app:publish-1", NullLogger.Instance);
        var seen = new List<ConnectionStatus>();
        writer.Publish(writer.Current with { State = ConnectionState.Connected, Endpoint = "a:5672", NodeName = "rabbit@a", ClusterName = "shop" });
        writer.Changed += (_, status) => seen.Add(status);

        writer.Lost(new ConnectionLoss(ConnectionFailureReason.Dropped, "a drill"));
        writer.AttemptFailed(new RabbitEndpoint("a", 5672), Refused("a:5672"));
        writer.AttemptFailed(new RabbitEndpoint("b", 5672), Refused("b:5672"));
        writer.AttemptFailed(new RabbitEndpoint("a", 5672), Refused("a:5672"));

        Assert.Equal(
            [("a:5672", "rabbit@a", "shop"), ("a:5672", "rabbit@a", "shop"), ("b:5672", null, null), ("a:5672", null, null)],
            seen.Select(static status => (status.Endpoint, status.NodeName, status.ClusterName)));
    }

    private static ConnectionException Refused(string endpoint) => new(ConnectionFailureReason.Unreachable, endpoint, "a drill");
}

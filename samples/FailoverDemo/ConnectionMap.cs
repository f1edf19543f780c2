using System.Globalization;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>
/// The real node of each connection, as the cluster's own list says: behind a proxy no client can know it, AMQP does not tell.
/// The connections are told apart by the name that the SDK gives each of them.
/// </summary>
internal sealed class ConnectionMap(IRabbitCluster cluster)
{
    // One line "name<tab>node<tab>connected at" for each AMQP connection of the cluster.
    private const string Expression =
        """
        lists:foldl(fun(P, Lines) ->
          case catch rabbit_networking:connection_info(P, [client_properties, connected_at]) of
            [{client_properties, Properties}, {connected_at, At}] when is_integer(At) ->
              case lists:keyfind(<<"connection_name">>, 1, Properties) of
                {_, _, Name} -> [Lines, Name, "\t", atom_to_list(node(P)), "\t", integer_to_list(At), "\n"];
                _ -> Lines
              end;
            _ -> Lines
          end
        end, [], rabbit_networking:connections())
        """;

    private IReadOnlyDictionary<string, string> _nodes = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The node of the connection when the cluster was last asked; null when it knew none, or when that node has been killed since.</summary>
    public string? FindNode(string connection) =>
        Volatile.Read(ref _nodes).GetValueOrDefault(connection) is { } name
        && cluster.Nodes.Any(node => node.IsRunning && string.Equals(node.Name, name, StringComparison.Ordinal)) ? name : null;

    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (cluster is EmbeddedCluster embedded)
        {
            Volatile.Write(ref _nodes, embedded.ListConnections());
            return;
        }

        foreach (var node in cluster.Nodes.Where(node => node is { IsRunning: true, IsFrozen: false }))
        {
            try
            {
                var lines = await node.EvaluateAsync($"true = rabbit:is_running(), {Expression}", cancellationToken);
                Volatile.Write(ref _nodes, Parse(lines));
                return;
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
            {
                // It is starting or going down: another one knows.
            }
        }
    }

    // A ghost of an earlier connection may still be listed: the youngest of a name is the living one. Names that are no plain text,
    // as some other client may have, are left out.
    private static Dictionary<string, string> Parse(string lines) => lines
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split('\t'))
        .Where(fields => fields.Length == 3)
        .OrderBy(fields => long.Parse(fields[2], CultureInfo.InvariantCulture))
        .GroupBy(fields => fields[0], StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Last()[1], StringComparer.Ordinal);
}

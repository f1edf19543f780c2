using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>What <c>rabbitmqctl list_connections</c> says of one node.</summary>
public static class ClientConnections
{
    private const string Expression =
        "Name = fun(P) -> [{_, Properties}] = rabbit_networking:connection_info(P, [client_properties]), "
        + "case lists:keyfind(<<\"connection_name\">>, 1, Properties) of {_, _, N} -> N; _ -> <<\"?\">> end end, "
        + "lists:join(\"\\n\", [N || P <- rabbit_networking:connections(), node(P) =:= node(), N <- [catch Name(P)], is_binary(N)])";

    /// <summary>The names that the clients gave their connections to this node.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(IRabbitNode node) => (await node.EvaluateAsync(Expression)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

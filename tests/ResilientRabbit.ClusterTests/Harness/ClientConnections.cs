using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>What <c>rabbitmqctl list_connections</c> and <c>list_channels</c> say of one node.</summary>
public static class ClientConnections
{
    private const string Name =
        "Name = fun(P) -> [{_, Properties}] = rabbit_networking:connection_info(P, [client_properties]), "
        + "case lists:keyfind(<<\"connection_name\">>, 1, Properties) of {_, _, N} -> N; _ -> <<\"?\">> end end, ";

    private const string Connections =
        Name + "lists:join(\"\\n\", [N || P <- rabbit_networking:connections(), node(P) =:= node(), N <- [catch Name(P)], is_binary(N)])";

    // Of each channel's process that still answers: the name of its connection, or that this is gone.
    private const string Channels =
        Name + "Of = fun(C) -> case catch rabbit_channel:info(C, [connection]) of [{_, P}] -> case catch Name(P) of N when is_binary(N) -> N; _ -> <<\"gone\">> end; _ -> [] end end, "
        + "lists:join(\"\\n\", [N || C <- rabbit_channel:list_local(), N <- [Of(C)], is_binary(N)])";

    /// <summary>The names that the clients gave their connections to this node.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(IRabbitNode node) => Lines(await node.EvaluateAsync(Connections));

    /// <summary>How many channels the client has on this node, with those whose connection is gone, whoever had it.</summary>
    public static async Task<int> CountChannelsAsync(IRabbitNode node, string clientName)
        => Lines(await node.EvaluateAsync(Channels)).Count(name => name is "gone" || name.StartsWith(clientName + ":", StringComparison.Ordinal));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

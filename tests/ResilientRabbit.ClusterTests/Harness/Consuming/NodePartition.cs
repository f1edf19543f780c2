using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// Separates two nodes for each other only: their Erlang connection is cut and the cookies no longer match, while every client's TCP connection and the
/// third node stay as they are. For the brokers that is a partition; it needs no right to change the network.
/// </summary>
public static class NodePartition
{
    public static async Task CutAsync(IRabbitNode one, IRabbitNode other)
    {
        await one.EvaluateAsync($"true = erlang:set_cookie('{other.Name}', cut_off), \"\"");
        await other.EvaluateAsync($"true = erlang:set_cookie('{one.Name}', cut_off), erlang:disconnect_node('{one.Name}'), \"\"");
    }

    public static async Task HealAsync(IRabbitNode one, IRabbitNode other)
    {
        await one.EvaluateAsync($"true = erlang:set_cookie('{other.Name}', erlang:get_cookie()), \"\"");
        await other.EvaluateAsync($"true = erlang:set_cookie('{one.Name}', erlang:get_cookie()), \"\"");
    }
}

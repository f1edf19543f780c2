using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// Separates one node from the others only: their Erlang connections are cut and the cookies no longer match, while every client's TCP connection stays as it
/// is. For the brokers that is a partition; it needs no right to change the network.
/// </summary>
public static class NodePartition
{
    public static async Task CutAsync(IRabbitNode one, IEnumerable<IRabbitNode> others)
    {
        foreach (IRabbitNode other in others)
        {
            await other.EvaluateAsync($"true = erlang:set_cookie('{one.Name}', cut_off), \"\"");
            await one.EvaluateAsync($"true = erlang:set_cookie('{other.Name}', cut_off), erlang:disconnect_node('{other.Name}'), \"\"");
        }
    }

    public static async Task HealAsync(IRabbitNode one, IEnumerable<IRabbitNode> others)
    {
        foreach (IRabbitNode other in others)
        {
            await other.EvaluateAsync($"true = erlang:set_cookie('{one.Name}', erlang:get_cookie()), \"\"");
            await one.EvaluateAsync($"true = erlang:set_cookie('{other.Name}', erlang:get_cookie()), \"\"");
        }
    }
}

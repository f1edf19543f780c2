namespace ResilientRabbit.Clusters;

/// <summary>Erlang expressions that change virtual hosts and policies.</summary>
internal static class VirtualHostQueries
{
    private const string Actor = "<<\"resilient-rabbit-tests\">>";

    public static string Create(string name, string userName) =>
        $"V = {Erlang.Binary(name)}, _ = rabbit_vhost:add(V, {Actor}), " +
        $"ok = rabbit_auth_backend_internal:set_permissions({Erlang.Binary(userName)}, V, <<\".*\">>, <<\".*\">>, <<\".*\">>, {Actor}), " +
        "_ = rabbit_vhost:await_running_on_all_nodes(V, 10000), \"\"";

    public static string Delete(string name) => $"_ = rabbit_vhost:delete({Erlang.Binary(name)}, {Actor}), \"\"";

    public static string Mirror(string name) =>
        $"ok = rabbit_policy:parse_set({Erlang.Binary(name)}, <<\"HA\">>, {Erlang.Binary("^(?!amq\\.).*")}, " +
        $"{Erlang.Binary("""{"ha-mode":"all","ha-sync-mode":"automatic"}""")}, 0, <<\"queues\">>, {Actor}), \"\"";
}

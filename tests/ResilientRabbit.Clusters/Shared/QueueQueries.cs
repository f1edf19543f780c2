namespace ResilientRabbit.Clusters;

/// <summary>Erlang expressions about one queue. They ask the queue's process, because the statistics are up to five seconds old.</summary>
internal static class QueueQueries
{
    public static string Leader(string queue, string virtualHost) =>
        Lookup(queue, virtualHost) + "atom_to_list(Leader)";

    public static string MessageCount(string queue, string virtualHost) =>
        Lookup(queue, virtualHost) +
        "integer_to_list(case Pid of " +
        "{_, _} -> {ok, {_, Total}, _} = ra:leader_query(Pid, fun rabbit_fifo:query_messages_total/1), Total; " +
        "_ -> [{messages, Total}] = rabbit_amqqueue:info(Q, [messages]), Total end)";

    public static string Consumers(string queue, string virtualHost) =>
        Lookup(queue, virtualHost) + "lists:join(\"\\n\", [element(2, C) || C <- rabbit_amqqueue:consumers(Q)])";

    /// <summary>Number of copies that are in step, without the leader's, and of those that exist.</summary>
    public static string Copies(string queue, string virtualHost) =>
        Lookup(queue, virtualHost) +
        "Count = fun(Value) when is_list(Value) -> length(Value); (_) -> 0 end, " +
        "{InStep, All} = case Pid of " +
        "{_, _} -> [{members, M}, {online, O}] = rabbit_amqqueue:info(Q, [members, online]), {Count(O) - 1, Count(M) - 1}; " +
        "_ -> [{slave_pids, M}, {synchronised_slave_pids, S}] = rabbit_amqqueue:info(Q, [slave_pids, synchronised_slave_pids]), {Count(S), Count(M)} end, " +
        "[integer_to_list(InStep), \",\", integer_to_list(All)]";

    // A quorum queue's pid is {RaName, Node}; the node in the record may be an old leader, the leaderboard knows better.
    private static string Lookup(string queue, string virtualHost) =>
        $"{{ok, Q}} = rabbit_amqqueue:lookup({Erlang.Queue(queue, virtualHost)}), Pid0 = amqqueue:get_pid(Q), " +
        "Pid = case Pid0 of {Ra, _} -> case ra_leaderboard:lookup_leader(Ra) of undefined -> Pid0; Known -> Known end; _ -> Pid0 end, " +
        "Leader = case Pid of {_, RaNode} -> RaNode; _ -> node(Pid) end, ";
}

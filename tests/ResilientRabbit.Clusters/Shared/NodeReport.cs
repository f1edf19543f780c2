namespace ResilientRabbit.Clusters;

/// <summary>What one node says of itself and of its cluster, asked in one evaluation.</summary>
internal sealed record NodeReport(bool IsBooted, IReadOnlySet<string> Members, IReadOnlySet<string> Running, IReadOnlySet<string> Partitioned, int Alarms)
{
    // The names of the functions differ between 3.10 and 4.x; erlang:apply keeps each version from seeing the other's.
    public const string Expression =
        "Pick = fun(Calls) -> " +
        "{M, F, A} = hd([C || {Mod, Fun, Args} = C <- Calls, code:ensure_loaded(Mod) =/= nofile, erlang:function_exported(Mod, Fun, length(Args))]), " +
        "erlang:apply(M, F, A) end, " +
        "Text = fun(List) -> lists:join(\",\", [atom_to_list(N) || N <- List]) end, " +
        "Booted = rabbit:is_running(), " +
        "Members = Pick([{rabbit_nodes, list_members, []}, {rabbit_mnesia, cluster_nodes, [all]}]), " +
        "Running = case Booted of true -> Pick([{rabbit_nodes, list_running, []}, {rabbit_mnesia, cluster_nodes, [running]}]); false -> [] end, " +
        "Partitions = case Booted of true -> rabbit_node_monitor:partitions(); false -> [] end, " +
        "Alarms = case Booted of true -> length(rabbit_alarm:get_alarms()); false -> 0 end, " +
        "[atom_to_list(Booted), \";\", Text(Members), \";\", Text(Running), \";\", " +
        "Text(lists:usort(lists:flatten([case P of {_, L} -> L; _ -> P end || P <- Partitions]))), \";\", integer_to_list(Alarms)]";

    public static NodeReport Parse(string text)
    {
        var parts = text.Split(';');

        return new NodeReport(
            string.Equals(parts[0], "true", StringComparison.Ordinal), Names(parts[1]), Names(parts[2]), Names(parts[3]),
            int.Parse(parts[4], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Why the cluster is not what it should be in this node's eyes; null when it is.</summary>
    public string? FindFault(IReadOnlySet<string> expected)
    {
        if (!IsBooted)
        {
            return "its application is not running";
        }

        if (!Members.SetEquals(expected))
        {
            return $"its members are {string.Join(' ', Members)}";
        }

        if (Partitioned.Count > 0)
        {
            return $"it sees partitions: {string.Join(' ', Partitioned)}";
        }

        if (!Running.SetEquals(expected))
        {
            return $"it sees running only {string.Join(' ', Running)}";
        }

        return Alarms > 0 ? "an alarm is raised" : null;
    }

    private static HashSet<string> Names(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
}

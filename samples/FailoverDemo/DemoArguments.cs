using System.Globalization;

namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>What the command line asks for.</summary>
internal sealed record DemoArguments
{
    public const string Usage =
        """
        FailoverDemo [--through direct|haproxy] [--rate N] [--sabotage] [--embedded] [--cluster-only] [--nodes N] [--pictures FOLDER]

          --through direct    the client knows the addresses of all nodes (default)
          --through haproxy   the client knows one address: HAProxy, round robin over the nodes
          --rate N            messages per second between the faults (default 2000)
          --sabotage          throw one received message away: shows what a loss looks like (exit code 1)
          --embedded          an in-process broker instead of RabbitMQ: needs nothing but .NET, and proves nothing about RabbitMQ
          --cluster-only      only start the cluster, print its addresses and wait for Ctrl+C
          --nodes N           number of nodes (default 3; fewer only with --cluster-only)
          --pictures FOLDER   draw the run (failover-timeline.svg) and the trace of a message that was sent again (failover-trace.svg)

        Exit code: 0 nothing lost, 1 a confirmed message is missing, 2 the demo could not be run.
        """;

    public bool ThroughProxy { get; private init; }

    public int Rate { get; private init; } = 2000;

    public bool Sabotage { get; private init; }

    public bool Embedded { get; private init; }

    public bool ClusterOnly { get; private init; }

    public int Nodes { get; private init; } = 3;

    /// <summary>Where pictures of the run go; null for none.</summary>
    public string? Pictures { get; private init; }

    /// <summary>Null when the command line makes no sense.</summary>
    public static DemoArguments? Parse(IReadOnlyList<string> arguments)
    {
        var result = new DemoArguments();
        for (var index = 0; index < arguments.Count; index++)
        {
            var value = index + 1 < arguments.Count ? arguments[index + 1] : "";
            switch (arguments[index])
            {
                case "--through" when value is "direct" or "haproxy":
                    result = result with { ThroughProxy = value is "haproxy" };
                    index++;
                    break;
                case "--rate" when int.TryParse(value, CultureInfo.InvariantCulture, out var rate) && rate is >= 100 and <= 10_000:
                    result = result with { Rate = rate };
                    index++;
                    break;
                case "--nodes" when int.TryParse(value, CultureInfo.InvariantCulture, out var nodes) && nodes is >= 1 and <= 5:
                    result = result with { Nodes = nodes };
                    index++;
                    break;
                case "--pictures" when value.Length > 0:
                    result = result with { Pictures = value };
                    index++;
                    break;
                case "--sabotage":
                    result = result with { Sabotage = true };
                    break;
                case "--embedded":
                    result = result with { Embedded = true };
                    break;
                case "--cluster-only":
                    result = result with { ClusterOnly = true };
                    break;
                default:
                    return null;
            }
        }

        var isPossible = (result.Nodes >= 3 || result.ClusterOnly) && !(result.Embedded && (result.ThroughProxy || result.ClusterOnly));

        return isPossible ? result : null;
    }
}

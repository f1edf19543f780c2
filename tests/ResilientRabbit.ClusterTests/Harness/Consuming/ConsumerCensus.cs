using System.Diagnostics;
using System.Globalization;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Asks the broker how many consumers each queue has: what <c>rabbitmqctl list_consumers</c> prints.</summary>
/// <remarks>
/// A quorum queue keeps the consumers of a node that is down, as <c>suspected_down</c>, until it hears of that node again. They get nothing, and no client can end them: they are
/// counted only once every node is back.
/// </remarks>
public sealed class ConsumerCensus(IRabbitCluster cluster, IReadOnlyList<string> queues)
{
    /// <summary>How long the count of consumers must stay at one.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);

    /// <summary>The longest that the broker may take to notice that a connection is dead.</summary>
    private static readonly TimeSpan GhostLimit = TimeSpan.FromSeconds(30);

    /// <summary>The largest number of consumers that one queue was seen to have.</summary>
    public int Most { get; private set; }

    /// <summary>How many times the broker was asked.</summary>
    public int Polls { get; private set; }

    /// <summary>How many times a queue had another number of consumers than one after all had had one.</summary>
    public int Relapses { get; private set; }

    /// <summary>Polls until each queue has exactly one consumer, and stays with that for a while.</summary>
    /// <param name="countSuspected">Whether consumers of nodes that are down count.</param>
    /// <param name="faultAt">With a timestamp, the polling goes on until 30 seconds after it at least.</param>
    /// <returns>What was still wrong at the end of the limit; null when nothing was.</returns>
    public async Task<string?> FindFaultAsync(bool countSuspected, long? faultAt = null)
    {
        long start = Stopwatch.GetTimestamp();
        long calmSince = start;
        bool wasRight = false;
        while (true)
        {
            string wrong = await CountAsync(countSuspected);
            Polls++;
            if (wrong.Length > 0)
            {
                calmSince = Stopwatch.GetTimestamp();
                Relapses += wasRight ? 1 : 0;
            }

            wasRight |= wrong.Length == 0;
            bool isOver = faultAt is null || Stopwatch.GetElapsedTime(faultAt.Value) > GhostLimit;
            if (isOver && Stopwatch.GetElapsedTime(calmSince) > Calm)
            {
                return null;
            }

            if (isOver && Stopwatch.GetElapsedTime(start) > GhostLimit)
            {
                return wrong.Length > 0 ? wrong : "The count of consumers did not come to rest.";
            }

            await Task.Delay(TimeSpan.FromMilliseconds(300));
        }
    }

    private async Task<string> CountAsync(bool countSuspected)
    {
        string names = string.Join(',', queues.Select(static queue => $"<<\"{queue}\">>"));
        string expression = "lists:join(\";\", [case rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, N)) of "
            + "{ok, Q} -> Cs = rabbit_amqqueue:consumers(Q), [N, \",\", integer_to_list(length(Cs)), \",\", integer_to_list(length([C || C <- Cs, element(6, C) =/= suspected_down]))]; "
            + $"_ -> [N, \",0,0\"] end || N <- [{names}]])";
        List<string> wrong = [];
        foreach (string line in (await AskAsync(expression)).Split(';'))
        {
            string[] parts = line.Split(',');
            int count = int.Parse(parts[countSuspected ? 1 : 2], CultureInfo.InvariantCulture);
            Most = Math.Max(Most, int.Parse(parts[2], CultureInfo.InvariantCulture));
            if (count != 1)
            {
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"{parts[0]} has {count} consumers"));
            }
        }

        return string.Join("; ", wrong);
    }

    private async Task<string> AskAsync(string expression)
    {
        Exception? last = null;
        foreach (IRabbitNode node in cluster.Nodes.Where(static node => node is { IsRunning: true, IsFrozen: false }))
        {
            try
            {
                return await node.EvaluateAsync("true = rabbit:is_running(), " + expression);
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
            {
                last = exception;
            }
        }

        return $"{last?.Message.Replace(';', ' ').Replace(',', ' ')},0,0";
    }
}

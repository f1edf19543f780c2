namespace ResilientRabbit.Consuming;

/// <summary>
/// How long an attempt to consume waits for its answers. A consume that meets the promotion of a mirror or the election of a leader is not answered any more, while one that is sent a
/// moment later is answered at once: so the wait is short, unless the node itself is slow.
/// </summary>
internal static class AnswerLimits
{
    /// <summary>What concerns the node alone; the next attempts wait twice as long each.</summary>
    private static readonly TimeSpan FirstOfNode = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstOfQueue = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan OfQueue = TimeSpan.FromSeconds(1);

    /// <summary>As long as a promotion takes. Behind it each attempt waits twice as long: what is left unanswered stays at the node, and too much of it can cost the connection (541).</summary>
    private const int ShortAttempts = 4;

    /// <summary>So many times as long as the node took for what it does by itself: one that is busy is not to be asked again and again.</summary>
    private const int NodeFactor = 10;

    /// <summary>The most that this gives: the node may have been slow for a moment, when the queue had just lost its leader.</summary>
    private static readonly TimeSpan MostForSlowNode = TimeSpan.FromSeconds(2);

    /// <param name="attempt">From 1.</param>
    /// <param name="longest">What the options allow.</param>
    public static TimeSpan ForNode(int attempt, TimeSpan longest) => Shorter(FirstOfNode * Math.Pow(2, Math.Clamp(attempt - 1, 0, 10)), longest);

    /// <param name="attempt">From 1.</param>
    /// <param name="nodeTook">How long the node took to open the channel and to set the prefetch.</param>
    /// <param name="longest">What the options allow.</param>
    public static TimeSpan ForQueue(int attempt, TimeSpan nodeTook, TimeSpan longest)
    {
        TimeSpan limit = attempt <= 1 ? FirstOfQueue : OfQueue * Math.Pow(2, Math.Clamp(attempt - ShortAttempts, 0, 10));
        TimeSpan node = Shorter(nodeTook * NodeFactor, MostForSlowNode);
        return Shorter(limit > node ? limit : node, longest);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}

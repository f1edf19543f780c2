namespace ResilientRabbit.Publishing;

/// <summary>
/// Which node leads most of what one lane writes: one look at each run of messages, and a node counts when it has won clearly. Lanes that carry queues of several leaders in equal parts stay where they
/// are. Used by the lane's writer; the result is read by anybody.
/// </summary>
internal sealed class LeaderVote(QueueLeaders leaders, TimeProvider time)
{
    /// <summary>By so many looks a node must be ahead of all others together.</summary>
    public const int Majority = 8;

    /// <summary>So long a choice stands at least.</summary>
    public static readonly TimeSpan Term = TimeSpan.FromSeconds(5);

    private string? _node;
    private string? _candidate;
    private int _votes;
    private long _chosenAt;

    /// <summary>The node that the lane should publish through; null for no wish.</summary>
    public string? Node => Volatile.Read(ref _node);

    /// <summary>Looks at a message that is about to be written.</summary>
    public void Count(PendingMessage message)
    {
        if (leaders.NodeOf(message.Exchange, message.RoutingKey) is not { } leader)
        {
            return;
        }

        if (string.Equals(leader, _candidate, StringComparison.Ordinal))
        {
            _votes = Math.Min(_votes + 1, Majority);
        }
        else if (--_votes <= 0)
        {
            (_candidate, _votes) = (leader, 1);
        }

        if (_votes == Majority && !string.Equals(_candidate, _node, StringComparison.Ordinal) && (_node is null || time.GetElapsedTime(_chosenAt) >= Term))
        {
            _chosenAt = time.GetTimestamp();
            Volatile.Write(ref _node, _candidate);
        }
    }
}

namespace ResilientRabbit.Consuming;

/// <summary>
/// Whether an answer is none. A quorum queue waits 250 milliseconds for its leader and then claims to have neither messages nor consumers (<c>rabbit_quorum_queue:stat</c>). The way
/// to the broker and back is not its waiting: with a long one no empty answer would ever count.
/// </summary>
internal sealed class AnswerDoubt
{
    private static readonly TimeSpan DoubtfulAfter = TimeSpan.FromSeconds(0.2);

    /// <summary>The shortest time so far: a node that was slow for once may be fast again.</summary>
    private TimeSpan _way = TimeSpan.MaxValue;

    /// <summary>Begins anew with another connection.</summary>
    public void Restart() => _way = TimeSpan.MaxValue;

    /// <param name="look">The answer.</param>
    /// <param name="took">How long it took in all.</param>
    public bool IsDoubtful(QueueLook look, TimeSpan took)
    {
        _way = look.NodeTook < _way ? look.NodeTook : _way;
        return look.Queue is { ConsumerCount: 0, MessageCount: 0 } && took - look.NodeTook - _way >= DoubtfulAfter;
    }
}

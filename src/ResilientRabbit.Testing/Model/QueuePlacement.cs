namespace ResilientRabbit.Testing.Model;

/// <summary>On which nodes a queue is. The first member is the oldest.</summary>
internal sealed class QueuePlacement(QueueKind kind, IEnumerable<ModelNode> members)
{
    public QueueKind Kind { get; } = kind;

    public List<ModelNode> Members { get; } = [.. members];

    /// <summary>The node that leads; for a queue that is down the last one that did.</summary>
    public ModelNode Leader { get; set; } = members.First();
}

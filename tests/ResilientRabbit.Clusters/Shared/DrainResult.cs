namespace ResilientRabbit.Clusters;

/// <summary>
/// What several attempts took out of one queue. An attempt that fails has acknowledged a part of what it took, and the rest is delivered again: all of it is kept,
/// and what comes again is not counted twice. (Lost with the attempt, it looked like 427 confirmed messages that the broker had lost.)
/// </summary>
internal sealed class DrainResult
{
    private readonly List<DrainedMessage> _messages = [];
    private readonly Dictionary<string, int> _mayComeAgain = new(StringComparer.Ordinal);

    public IReadOnlyList<DrainedMessage> Messages => _messages;

    public async Task TakeAsync(QueueDrainer drainer, CancellationToken cancellationToken)
    {
        var isComplete = false;
        try
        {
            await drainer.RunAsync(cancellationToken);
            isComplete = true;
        }
        finally
        {
            Add(drainer.Messages, isComplete);
        }
    }

    internal void Add(IReadOnlyList<DrainedMessage> taken, bool isComplete)
    {
        _messages.AddRange(taken.Where(message => !IsKnown(message)));
        if (!isComplete)
        {
            foreach (var id in taken.Select(static message => message.MessageId ?? ""))
            {
                _mayComeAgain[id] = _mayComeAgain.GetValueOrDefault(id) + 1;
            }
        }
    }

    private bool IsKnown(DrainedMessage message)
    {
        var id = message.MessageId ?? "";
        if (!message.Redelivered || _mayComeAgain.GetValueOrDefault(id) == 0)
        {
            return false;
        }

        _mayComeAgain[id]--;

        return true;
    }
}

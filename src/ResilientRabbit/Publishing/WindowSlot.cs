namespace ResilientRabbit.Publishing;

/// <summary>What one delivery tag stands for: a message, in the life it had when it was written.</summary>
internal struct WindowSlot(PendingMessage message, long version)
{
    public PendingMessage? Message = message;
    public long Version = version;

    /// <summary>What a return of the copy names: the id of the first message of a pack.</summary>
    public long PublishId = message.PublishId;
    public bool IsReturned;

    /// <summary>Answered together with the slot before it: both were sent as one.</summary>
    public bool IsContinued = message.ContinuesPack;
}

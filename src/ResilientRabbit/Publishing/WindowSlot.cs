namespace ResilientRabbit.Publishing;

/// <summary>What one delivery tag stands for: a message, in the life it had when it was written.</summary>
internal struct WindowSlot(PendingMessage message, long version)
{
    public PendingMessage? Message = message;
    public long Version = version;
    public bool IsReturned;
}

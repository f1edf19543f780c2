namespace ResilientRabbit.Publishing;

/// <summary>Keeps pending messages for reuse, at most as many as may be pending, within reason. Thread-safe.</summary>
internal sealed class MessagePool
{
    private const int MaxKept = 32 * 1024;

    private readonly Lock _gate = new();
    private readonly PendingMessage?[] _items;
    private int _count;

    public MessagePool(int capacity) => _items = new PendingMessage?[Math.Min(capacity, MaxKept)];

    /// <summary>Tells the callers of this pool's messages their outcomes.</summary>
    public CompletionQueue Completions { get; } = new();

    public PendingMessage Rent()
    {
        lock (_gate)
        {
            if (_count > 0)
            {
                PendingMessage message = _items[--_count]!;
                _items[_count] = null;
                return message;
            }
        }

        return new PendingMessage(this);
    }

    public void Return(PendingMessage message)
    {
        lock (_gate)
        {
            if (_count < _items.Length)
            {
                _items[_count++] = message;
            }
        }
    }
}

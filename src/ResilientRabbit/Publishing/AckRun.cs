namespace ResilientRabbit.Publishing;

/// <summary>
/// Collects single acks of neighbouring tags until the bytes that were received together are used up: a broker that acks one by one would else
/// cost each message the locks and hand-overs of a whole batch.
/// </summary>
internal sealed class AckRun
{
    private readonly Lock _gate = new();
    private ulong _from;
    private ulong _to;
    private bool _isOpen;

    /// <summary>True when something is collected; without the lock, for the one who adds.</summary>
    public bool IsOpen => Volatile.Read(ref _isOpen);

    /// <summary>Adds a tag if it follows those collected or is the first. False: take those first.</summary>
    public bool TryAdd(ulong tag)
    {
        lock (_gate)
        {
            if (_isOpen && tag != _to + 1)
            {
                return false;
            }

            _from = _isOpen ? _from : tag;
            _to = tag;
            _isOpen = true;
            return true;
        }
    }

    /// <summary>Takes what was collected.</summary>
    public bool TryTake(out TagRange tags)
    {
        lock (_gate)
        {
            tags = new TagRange(_from, _to);
            bool wasOpen = _isOpen;
            _isOpen = false;
            return wasOpen;
        }
    }
}

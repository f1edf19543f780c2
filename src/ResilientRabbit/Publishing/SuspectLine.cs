namespace ResilientRabbit.Publishing;

/// <summary>
/// Counts the messages that go one at a time because the broker closed a channel for one of them without saying which: the guilty one
/// then stands alone. Used by the writer of one lane only, but for <see cref="Left"/> and <see cref="Swept"/>.
/// </summary>
internal sealed class SuspectLine
{
    private int _left;
    private int _swept;
    private bool _isOneOut;
    private bool _isAll;

    /// <summary>So many messages at the front of the lane are under suspicion.</summary>
    public int Left => Volatile.Read(ref _left);

    /// <summary>Everything is under suspicion until one message was answered without the channel being closed for it.</summary>
    public void SuspectAll()
    {
        _isAll = true;
        _isOneOut = false;
    }

    /// <summary>These many messages at the front of the lane are under suspicion, and all that were; none is on the wire.</summary>
    public void Begin(int count)
    {
        _left = Math.Max(_left, count);
        _isOneOut = false;
    }

    /// <summary>How many messages may be on the wire now.</summary>
    public int Limit(int inFlight, int usual)
    {
        Dropped(Interlocked.Exchange(ref _swept, 0));
        if (_isOneOut && inFlight == 0)
        {
            // It was answered and the channel lives: innocent.
            Answered();
            _isAll = false;
        }

        return _isAll || _left > 0 ? 1 : usual;
    }

    /// <summary>A message was sent.</summary>
    public void Sent() => _isOneOut = _isAll || _left > 0;

    /// <summary>Messages turned out to be settled already.</summary>
    public void Dropped(int count = 1) => _left = Math.Max(0, _left - count);

    /// <summary>So many of those under suspicion were settled and are in the lane no more. Called by the publisher's clock.</summary>
    public void Swept(int count) => Interlocked.Add(ref _swept, count);

    /// <summary>The lane has nothing to send: with nothing on the wire either, nobody is left.</summary>
    public void Idle(int inFlight) => _left = inFlight == 0 ? 0 : _left;

    /// <summary>The one on the wire has its answer.</summary>
    public void Answered()
    {
        if (_isOneOut)
        {
            _isOneOut = false;
            _left = Math.Max(0, _left - 1);
        }
    }

    /// <summary>The one that was to go was not written and goes again.</summary>
    public void TakenBack() => _isOneOut = false;
}

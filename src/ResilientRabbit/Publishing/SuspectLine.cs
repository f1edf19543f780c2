namespace ResilientRabbit.Publishing;

/// <summary>
/// Counts the messages that go one at a time because the broker closed a channel for one of them without saying which: the guilty one
/// then stands alone. Used by the writer of one lane only.
/// </summary>
internal sealed class SuspectLine
{
    private int _left;
    private bool _isOneOut;
    private bool _isAll;

    /// <summary>Everything is under suspicion until one message was answered without the channel being closed for it.</summary>
    public void SuspectAll()
    {
        _isAll = true;
        _isOneOut = false;
    }

    /// <summary>These many messages at the front of the lane are under suspicion, and all that were.</summary>
    public void Begin(int count)
    {
        _left = Math.Max(_left, count);
        _isOneOut = false;
    }

    /// <summary>How many messages may be on the wire now.</summary>
    public int Limit(int inFlight, int usual)
    {
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

    /// <summary>A message turned out to be settled already.</summary>
    public void Dropped() => _left = Math.Max(0, _left - 1);

    /// <summary>The one on the wire has its answer.</summary>
    public void Answered()
    {
        if (_isOneOut)
        {
            _isOneOut = false;
            _left = Math.Max(0, _left - 1);
        }
    }

    /// <summary>The one on the wire comes back unanswered and goes again.</summary>
    public void TakenBack() => _isOneOut = false;
}

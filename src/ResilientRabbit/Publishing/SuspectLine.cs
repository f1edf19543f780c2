namespace ResilientRabbit.Publishing;

/// <summary>
/// Counts the messages that go one at a time because the broker closed a channel for one of them without saying which: the guilty one
/// then stands alone. Used by the writer of one lane only, but for <see cref="Left"/>, <see cref="Swept"/> and <see cref="IsOverdue"/>.
/// </summary>
/// <remarks>The broker closes the channel at once for a guilty one. Of a message that is not answered, as by a queue without a leader, and whose channel lives on, it has nothing against: others must not wait for it.</remarks>
/// <param name="time">The client's time.</param>
/// <param name="patience">After so long without an answer a message is innocent.</param>
internal sealed class SuspectLine(TimeProvider time, TimeSpan patience)
{
    private int _left;
    private int _swept;
    private int _innocent;
    private long _sentAt;
    private bool _isOneOut;
    private bool _isOverdue;
    private bool _isAll;

    /// <summary>So many messages at the front of the lane are under suspicion.</summary>
    public int Left => Volatile.Read(ref _left);

    /// <summary>Everything is under suspicion until one message was answered without the channel being closed for it.</summary>
    public void SuspectAll()
    {
        _isAll = true;
        NoneOut();
    }

    /// <summary>These many messages at the front of the lane are under suspicion, and all that were; none is on the wire.</summary>
    public void Begin(int count)
    {
        _left = Math.Max(_left, count);
        NoneOut();
    }

    /// <summary>How many messages may be on the wire now.</summary>
    public int Limit(int inFlight, int usual)
    {
        Dropped(Interlocked.Exchange(ref _swept, 0));
        _innocent = Math.Min(_innocent, inFlight);
        bool isAnswered = inFlight == _innocent;
        if (_isOneOut && (isAnswered || Volatile.Read(ref _isOverdue)))
        {
            // It was answered, or at least not objected to, and the channel lives: innocent.
            _innocent = inFlight;
            Answered();
            _isAll &= !isAnswered;
        }

        return _isAll || _left > 0 ? _innocent + 1 : usual;
    }

    /// <summary>A message was sent.</summary>
    public void Sent()
    {
        _isOneOut = _isAll || _left > 0;
        if (_isOneOut)
        {
            Volatile.Write(ref _isOverdue, false);
            Volatile.Write(ref _sentAt, time.GetTimestamp());
        }
    }

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

        Volatile.Write(ref _sentAt, 0);
    }

    /// <summary>Whether of so many unanswered messages the last one was the only suspect: the others had been there for long when it came.</summary>
    public bool StandsLast(int unanswered) => _isOneOut && _innocent > 0 && unanswered == _innocent + 1;

    /// <summary>The one that was to go was not written and goes again.</summary>
    public void TakenBack() => NoneOut();

    /// <summary>True once when the one on the wire has been there for so long without an answer that the writer is to be woken. Called by the publisher's clock.</summary>
    /// <param name="now">A timestamp.</param>
    /// <param name="isBlocked">Whether the broker takes nothing at the moment: the time begins again.</param>
    public bool IsOverdue(long now, bool isBlocked)
    {
        long sentAt = Volatile.Read(ref _sentAt);
        if (sentAt == 0 || Volatile.Read(ref _isOverdue))
        {
            return false;
        }

        if (isBlocked)
        {
            _ = Interlocked.CompareExchange(ref _sentAt, now, sentAt);
            return false;
        }

        bool isOverdue = time.GetElapsedTime(sentAt, now) >= patience;
        Volatile.Write(ref _isOverdue, isOverdue);
        return isOverdue;
    }

    private void NoneOut()
    {
        _isOneOut = false;
        _innocent = 0;
        Volatile.Write(ref _sentAt, 0);
        Volatile.Write(ref _isOverdue, false);
    }
}

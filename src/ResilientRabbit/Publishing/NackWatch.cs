namespace ResilientRabbit.Publishing;

/// <summary>What one channel incarnation has been nacked: whether the channel itself may be the reason. Written by the driver's loop for the channel, read by the lane's writer.</summary>
internal sealed class NackWatch
{
    private volatile bool _hasConfirmed;
    private volatile bool _isSuspect;

    /// <summary>True when it nacked a message and had confirmed none, or nacked the same message twice.</summary>
    public bool IsSuspect => _isSuspect;

    public void Confirmed()
    {
        if (!_hasConfirmed)
        {
            _hasConfirmed = true;
        }
    }

    public void Nacked(PendingMessage message)
    {
        if (!_hasConfirmed || message.NackedBy == this)
        {
            _isSuspect = true;
        }

        message.NackedBy = this;
    }
}

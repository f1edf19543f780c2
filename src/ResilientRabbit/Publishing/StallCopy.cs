using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>
/// One copy of one message on a channel of its own. Its confirm belongs to this message and life only, however late it comes and
/// whatever is probed meanwhile.
/// </summary>
internal sealed class StallCopy(Lane lane) : IConfirmSink
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<bool> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (PendingMessage? Message, long Version) _copy;
    private IPublishChannel? _channel;
    private bool _isOut;
    private bool _returned;

    /// <summary>Completes when it is decided what this copy says: true, the connection confirms; false, the queue has refused the copy or its channel is gone, and nothing is known.</summary>
    public Task<bool> Answered => _answered.Task;

    /// <summary>Notes what goes over which channel, before it is written.</summary>
    public void Attach(IPublishChannel channel, PendingMessage message, long version)
    {
        lock (_gate)
        {
            _channel = channel;
            _copy = (message, version);
            _isOut = true;
        }
    }

    public void OnAck(ulong tag, bool multiple)
    {
        PendingMessage? message;
        long version;
        lock (_gate)
        {
            if (!Covers(tag, multiple))
            {
                return;
            }

            (message, version) = _returned ? default : _copy;
            _copy = default;
        }

        if (message is not null)
        {
            lane.Settle(message, version, SettleKind.Confirmed);
        }

        // Also when it was returned: this connection answers.
        _answered.TrySetResult(true);
    }

    /// <summary>An answer of the queue, not a confirm: the original may still be confirmed, and if not, another copy has to ask again.</summary>
    public void OnNack(ulong tag, bool multiple)
    {
        lock (_gate)
        {
            if (!Covers(tag, multiple))
            {
                return;
            }
        }

        _answered.TrySetResult(false);
    }

    public void OnReturn(long publishId, int replyCode, string replyText)
    {
        lock (_gate)
        {
            _returned = true;
        }
    }

    public void OnBurstEnd()
    {
        // Each answer is dealt with at once.
    }

    public void OnRoom()
    {
        // One message goes whether there is room or not.
    }

    public void OnClosed(int replyCode, string replyText) => _answered.TrySetResult(false);

    /// <summary>Closes the channel in the background; a confirm that is already on its way still counts, for the message. Who waits for what this copy says waits no longer.</summary>
    public void Retire()
    {
        IPublishChannel? channel;
        lock (_gate)
        {
            channel = _channel;
            _channel = null;
        }

        channel?.Retire();
        _answered.TrySetResult(false);
    }

    /// <summary>The copy is the first and only message of its channel; what speaks of others is a broker's error and changes nothing, as in a window.</summary>
    private bool Covers(ulong tag, bool multiple) => _isOut && (tag == 1 || (tag == 0 && multiple));
}

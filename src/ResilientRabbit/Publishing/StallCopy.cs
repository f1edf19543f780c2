using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>
/// One copy of one message on a channel of its own. Its confirm belongs to this message and life only, however late it comes and
/// whatever is probed meanwhile.
/// </summary>
internal sealed class StallCopy(Lane lane) : IConfirmSink
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (PendingMessage? Message, long Version) _copy;
    private IPublishChannel? _channel;
    private bool _returned;

    /// <summary>Completes when the broker has answered on this connection.</summary>
    public Task Answered => _answered.Task;

    /// <summary>Notes what goes over which channel, before it is written.</summary>
    public void Attach(IPublishChannel channel, PendingMessage message, long version)
    {
        lock (_gate)
        {
            _channel = channel;
            _copy = (message, version);
        }
    }

    public void OnAck(ulong tag, bool multiple)
    {
        PendingMessage? message;
        long version;
        lock (_gate)
        {
            (message, version) = _returned ? default : _copy;
            _copy = default;
        }

        if (message is not null)
        {
            lane.Settle(message, version, SettleKind.Confirmed);
        }

        // Also when it was returned: this connection answers.
        _answered.TrySetResult();
    }

    public void OnNack(ulong tag, bool multiple)
    {
        // An answer of the queue, not a confirm: the original decides.
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

    public void OnClosed(int replyCode, string replyText)
    {
        // No answer will come: the wait for it has its own limit.
    }

    /// <summary>Closes the channel in the background; a confirm that is already on its way still counts.</summary>
    public void Retire()
    {
        IPublishChannel? channel;
        lock (_gate)
        {
            channel = _channel;
            _channel = null;
        }

        channel?.Retire();
    }
}

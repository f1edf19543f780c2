using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>What a lane does with the messages of a channel that has ended. Used by the lane's writer only.</summary>
internal sealed class LaneRecovery(Lane lane, LaneContext context, LaneSessions sessions, LaneQueue queue, SuspectLine suspects)
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    /// <summary>Takes the unanswered messages of an ended channel back, in order, before everything newer.</summary>
    public async Task RecoverAsync(LaneChannel channel, CancellationToken stopping)
    {
        if (!Recover(channel))
        {
            // The broker has closed it before anything was written: it may do so with the next one, as fast as we open them.
            await Task.Delay(Rest, context.Time, stopping).ConfigureAwait(false);
        }
    }

    /// <summary>False when the broker has closed a channel that was not used at all.</summary>
    private bool Recover(LaneChannel channel)
    {
        channel.Retire();
        if (channel.IsAbandoned || channel.IsWorn || sessions.IsStuck(channel.Session))
        {
            sessions.Avoid(channel.Session);
        }

        (int code, string text) = channel.CloseReason;
        List<(PendingMessage Message, long Version)> unanswered = channel.Window.Retire();
        PendingMessage? guilty = code == 0 ? null : Isolation.FindGuilty(unanswered, code, text);
        if (code == 0)
        {
            suspects.TakenBack();
        }
        else
        {
            context.Logger.ChannelClosedByBroker(lane.Index, code, text);
            if (lane.IsQuarantine)
            {
                suspects.SuspectAll();
            }
            else if (guilty is null)
            {
                // Unknown which: one at a time, until the guilty one stands alone.
                suspects.Begin(unanswered.Count);
            }
        }

        var replay = default(MessageList);
        foreach ((PendingMessage message, long version) in unanswered)
        {
            if (message == guilty)
            {
                Refuse(message, version, code, text);
            }
            else if (message.TryTakeBack(version) == SettleResult.Settled)
            {
                replay.Add(message);
            }
            else
            {
                message.ReleaseReference();
            }
        }

        if (!replay.IsEmpty)
        {
            context.Logger.PublishRetried(lane.Index, unanswered.Count);
        }

        queue.PutBack(ref replay);
        return code == 0 || unanswered.Count > 0 || channel.Window.Progress > 0;
    }

    private void Refuse(PendingMessage message, long version, int code, string text)
    {
        context.Quarantine.Blame(message, code, text);
        suspects.Answered();
        message.Answered++;
        message.Reply = (code, text);
        if (code == Isolation.NotFound && context.Routes.KnowsExchange(message.Exchange))
        {
            context.Routes.Suspect(message.Exchange, message.RoutingKey);
            if (message.TryTakeBack(version) == SettleResult.Settled)
            {
                lane.Rest(message);
                return;
            }
        }
        else if (message.TrySettle(version, SettleKind.Rejected) == SettleResult.Settled)
        {
            context.Finish(message, SettleKind.Rejected);
        }

        message.ReleaseReference();
    }
}

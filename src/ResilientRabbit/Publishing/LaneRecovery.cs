using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>What a lane does with the messages of a channel that has ended. Used by the lane's writer only.</summary>
internal sealed class LaneRecovery(Lane lane, LaneContext context, LaneSessions sessions, LaneQueue queue, SuspectLine suspects)
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    /// <summary>A message that shares something with a refused one goes in a window with others so often at most.</summary>
    private const int MaxTogether = 3;

    private (PendingMessage Message, long Version) _stoodAlone;

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
            sessions.Avoid(channel.Session, channel.Proven);
        }

        (int reason, string text) = channel.CloseReason;

        // The connection's end, seen on the channel first: nobody's fault, as any other loss.
        int code = reason == Isolation.ConnectionForced ? 0 : reason;
        List<(PendingMessage Message, long Version)> unanswered = channel.Window.Retire();
        PendingMessage? guilty = FindGuilty(unanswered, code, text, out bool isSure);
        if (code != 0)
        {
            context.Logger.ChannelClosedByBroker(lane.Index, code, text);
            if (lane.IsQuarantine)
            {
                suspects.SuspectAll();
            }
        }

        var replay = default(MessageList);
        (int taken, int alike) = (0, 0);
        foreach ((PendingMessage message, long version) in unanswered)
        {
            if (message == guilty)
            {
                Refuse(message, version, code, text, isSure && !Isolation.MayBeAnother(message, unanswered, code, context.Confirmed));
            }
            else if (message.TryTakeBack(version) == SettleResult.Settled)
            {
                replay.Add(message);
                taken++;
                alike = guilty is not null && message.Attempts > MaxTogether && context.Quarantine.MayConcern(message) ? taken : alike;
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

        if (taken == 0)
        {
            // The one under suspicion does not go again: answered, or settled by its deadline.
            suspects.Answered();
        }

        // One at a time: all where it is unknown which, until the guilty one stands alone; else as far as there are others of the kind, which no quarantine takes because of their key: each would cost all behind it another copy.
        suspects.Begin(code == 0 || guilty is not null || lane.IsQuarantine ? alike : taken);
        queue.PutBack(ref replay);
        return reason == 0 || unanswered.Count > 0 || channel.Window.Progress > 0;
    }

    /// <summary>Who is to blame; null when that cannot be told. One that happens to be alone when the broker has reasons of its own goes again: it is blamed when it stands alone at the next end of a channel, and the broker has such reasons again.</summary>
    private PendingMessage? FindGuilty(List<(PendingMessage Message, long Version)> unanswered, int code, string text, out bool isSure)
    {
        isSure = true;
        (PendingMessage, long) before = _stoodAlone;
        _stoodAlone = default;
        if (code == 0)
        {
            return null;
        }

        PendingMessage? guilty = Isolation.FindGuilty(unanswered, code, text);
        if (guilty is null && suspects.StandsLast(unanswered.Count))
        {
            // The others had been there for long, without a word.
            isSure = false;
            guilty = unanswered[^1].Message;
        }

        if (guilty is null || (isSure && Isolation.IsOfMessage(code)))
        {
            return guilty;
        }

        _stoodAlone = unanswered[^1];
        return before == _stoodAlone ? guilty : null;
    }

    private void Refuse(PendingMessage message, long version, int code, string text, bool isSure)
    {
        context.Quarantine.Blame(message, code, text);
        suspects.Answered();

        // Of a copy that is not counted as answered it is said that it may be stored.
        (message.Answered, message.Unsure) = isSure ? (message.Answered + 1, message.Unsure) : (message.Answered, message.Unsure + 1);
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

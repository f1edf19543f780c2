using ResilientRabbit.Connections;

namespace ResilientRabbit.Publishing;

/// <summary>Turns the broker's answers on a lane's channel into outcomes. Called on the driver's loop.</summary>
internal sealed class LaneAnswers(Lane lane, LaneContext context, IPublishSession session)
{
    private string? _exchange;

    /// <summary>Whether this channel may be the reason of its nacks.</summary>
    public NackWatch Nacks { get; } = new();

    /// <summary>Settles a chain that was acknowledged.</summary>
    public void Confirm(PendingMessage? chain)
    {
        var won = default(MessageList);
        int count = 0;
        while (chain is not null)
        {
            PendingMessage message = chain;
            chain = message.Next;
            if (message.TrySettle(message.Version, SettleKind.Confirmed) == SettleResult.Settled)
            {
                won.Add(message);
                count++;
                if (!ReferenceEquals(message.Exchange, _exchange))
                {
                    _exchange = message.Exchange;
                    context.Confirmed.Add(_exchange);
                }
            }
            else
            {
                // A tombstone, or still being copied: then the caller's reference keeps it until the writer has finished it.
                message.ReleaseReference();
            }
        }

        if (won.First is not { } first)
        {
            return;
        }

        Nacks.Confirmed();

        // Room before news: who learns of the outcome may publish again at once.
        context.Ledger.ReleaseConfirmed(first);
        context.Meter.Confirmed(first, count, session.Server);
        var toTell = default(MessageList);
        while (won.Take() is { } message)
        {
            if (message.SetOutcome(null))
            {
                toTell.Add(message);
            }

            message.ReleaseReference();
        }

        context.Completions.Add(ref toTell);
    }

    /// <summary>Settles what a late ack of an ended channel covers.</summary>
    public void Late(List<(PendingMessage Message, long Version)>? late)
    {
        foreach ((PendingMessage message, long version) in late ?? [])
        {
            lane.Settle(message, version, SettleKind.Confirmed);
        }
    }

    /// <summary>Settles a chain of which each message was returned and then acknowledged.</summary>
    public void FinishReturned(PendingMessage? chain)
    {
        while (chain is not null)
        {
            PendingMessage message = chain;
            chain = message.Next;
            FinishReturnedOne(message);
        }
    }

    /// <summary>Lets a chain that was nacked rest and go again.</summary>
    public void SendAgain(PendingMessage? chain)
    {
        while (chain is not null)
        {
            PendingMessage message = chain;
            chain = message.Next;
            message.Answered++;
            message.Nacks++;
            context.Meter.Nacked(message);
            PublishTracing.Nacked(message);
            message.Reply = default;
            Nacks.Nacked(message);
            SendAgainOne(message);
        }
    }

    private void FinishReturnedOne(PendingMessage message)
    {
        message.Answered++;
        context.Meter.Returned(message);
        if (context.Routes.Knows(message.Exchange, message.RoutingKey))
        {
            context.Routes.Suspect(message.Exchange, message.RoutingKey);
            SendAgainOne(message);
            return;
        }

        if (message.TrySettle(message.Version, SettleKind.Returned) == SettleResult.Settled)
        {
            context.Finish(message, SettleKind.Returned);
        }

        message.ReleaseReference();
    }

    private void SendAgainOne(PendingMessage message)
    {
        switch (message.TryTakeBack(message.Version))
        {
            case SettleResult.Settled:
                lane.Rest(message);
                break;
            case SettleResult.TooLate:
                message.ReleaseReference();
                break;
        }
    }
}

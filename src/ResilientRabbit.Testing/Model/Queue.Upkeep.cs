namespace ResilientRabbit.Testing.Model;

/// <content>What it does besides delivering: expiry, limits, and what happens when it can not work.</content>
internal sealed partial class Queue
{
    /// <summary>The queue ends: nothing is left of it but what consumers still hold.</summary>
    public void End()
    {
        State = QueueState.Gone;
        _ready.Clear();
        AnswerHeld(PublishOutcome.Accepted);
        Consumer[] consumers = [.. Consumers.All];
        foreach (Consumer consumer in consumers)
        {
            Consumers.Remove(consumer);
            consumer.Channel.ConsumerCancelled(consumer);
        }
    }

    /// <summary>Another policy acts, or none: on new messages and bounds at once, not on the time that stored messages have.</summary>
    public void Apply(Policy? policy)
    {
        if (ReferenceEquals(policy, Policy))
        {
            return;
        }

        Policy = policy;
        Settings = Settings.Under(policy);
        Touch();
        DropOverflow();
    }

    /// <summary>Notes that somebody used the queue, which puts its own expiry off.</summary>
    public void Touch()
    {
        if (Settings.Expires is { } after)
        {
            _unusedSince = _model.Clock.Now;
            _model.Deadlines.Ask(this, _unusedSince + after);
        }
    }

    /// <summary>Does what is due: drops expired messages, and the queue itself when nobody used it for long enough.</summary>
    public void Expire(long now)
    {
        if (State == QueueState.Gone)
        {
            return;
        }

        if (Settings.Expires is { } after && Consumers.Count == 0)
        {
            if (_unusedSince + after <= now)
            {
                VirtualHost.DeleteQueue(this);
                return;
            }

            _model.Deadlines.Ask(this, _unusedSince + after);
        }

        DropExpired(now);
    }

    /// <summary>All that is held comes back, whoever holds it: the leader that knew of it is gone.</summary>
    public void RequeueEverything() => Requeue(_unacked.ToList());

    /// <summary>Forgets messages that a restart does not keep.</summary>
    public void Keep(Func<QueueEntry, bool> condition)
    {
        _ready.Keep(condition);
    }

    /// <summary>Takes what it held while it could not work, in the order of arrival.</summary>
    public void TakeHeld()
    {
        (Message Message, ConfirmTicket? Ticket)[] held = [.. _held];
        _held.Clear();
        foreach ((Message message, ConfirmTicket? ticket) in held)
        {
            if (ticket is null || !ticket.IsAbandoned)
            {
                ticket?.Answer(Publish(message, ticket));
            }
        }
    }

    /// <summary>Answers what it held without taking it.</summary>
    public void AnswerHeld(PublishOutcome outcome)
    {
        (Message Message, ConfirmTicket? Ticket)[] held = [.. _held];
        _held.Clear();
        foreach ((_, ConfirmTicket? ticket) in held)
        {
            ticket?.Answer(outcome);
        }
    }

    private long ExpiryOf(Message message)
    {
        long? ttl = Settings.MessageTtl;
        if (message.Expiration is { } text && QueueArguments.ExpiryError(text, out long own) is null)
        {
            ttl = ttl is { } limit ? Math.Min(limit, own) : own;
        }

        return ttl is { } time ? _model.Clock.Now + time : long.MaxValue;
    }

    private bool WillOverflow(Message message) =>
        (Settings.MaxLength is { } length && _ready.Count + 1 > length)
        || (Settings.MaxLengthBytes is { } bytes && _ready.Bytes + message.BodyLength > bytes);

    private void DropOverflow()
    {
        if (!Settings.IsBounded || Settings.RejectsPublish)
        {
            return;
        }

        while ((Settings.MaxLength is { } length && _ready.Count > length) || (Settings.MaxLengthBytes is { } bytes && _ready.Bytes > bytes))
        {
            _model.DeadLetters.Add(this, _ready.TakeWorst()!.Message, DeathReason.MaxLength);
        }
    }

    private void DropExpired(long now)
    {
        while (_ready.TakeExpired(now) is { } entry)
        {
            _model.DeadLetters.Add(this, entry.Message, DeathReason.Expired);
        }

        long next = _ready.NextExpiry();
        if (next != long.MaxValue)
        {
            _model.Deadlines.Ask(this, next);
        }
    }
}

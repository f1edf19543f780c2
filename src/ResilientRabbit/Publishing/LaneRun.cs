namespace ResilientRabbit.Publishing;

/// <summary>The messages that a lane is about to send at once, encoded as they are added: alone, or packed with their neighbours. Used by the writer of one lane only.</summary>
internal sealed class LaneRun(LaneChannel owner, LaneContext context, Packer? packer)
{
    private readonly PendingMessage[] _messages = new PendingMessage[LaneChannel.MaxRun];
    private int _count;

    /// <summary>Adds a message that was taken with <see cref="PendingMessage.TryBeginWrite"/>; one that cannot be encoded is settled.</summary>
    public void Add(PendingMessage message)
    {
        owner.Stamp(message);
        if (packer is null)
        {
            AddAlone(message);
            return;
        }

        if (packer.TryAdd(message))
        {
            return;
        }

        AddPack();
        if (!packer.TryAdd(message))
        {
            AddAlone(message);
        }
    }

    /// <summary>Ends the run and returns its messages. The memory is used again for the next one.</summary>
    public Span<PendingMessage> Take()
    {
        AddPack();
        Span<PendingMessage> all = _messages.AsSpan(0, _count);
        _count = 0;
        return all;
    }

    private void AddAlone(PendingMessage message)
    {
        message.ContinuesPack = false;
        try
        {
            owner.Channel.Add(message.ToOutgoing());
            _messages[_count++] = message;
        }
        catch (Exception exception)
        {
            message.Attempts--;
            owner.EndWrite(message);
            if (message.TrySettle(message.Version, SettleKind.Unsendable) == SettleResult.Settled)
            {
                context.Finish(message, SettleKind.Unsendable, exception);
            }

            message.ReleaseReference();
        }
    }

    private void AddPack()
    {
        if (packer is null)
        {
            return;
        }

        ReadOnlySpan<PendingMessage> members = packer.Members;
        if (members.Length < 2 || !TryAddPack(members))
        {
            foreach (PendingMessage message in members)
            {
                AddAlone(message);
            }
        }

        packer.Clear();
    }

    private bool TryAddPack(ReadOnlySpan<PendingMessage> members)
    {
        try
        {
            owner.Channel.Add(packer!.ToOutgoing());
        }
        catch (Exception)
        {
            // One of them cannot be sent: alone it is found.
            return false;
        }

        foreach (PendingMessage message in members)
        {
            message.ContinuesPack = message != members[0];
            _messages[_count++] = message;
        }

        return true;
    }
}

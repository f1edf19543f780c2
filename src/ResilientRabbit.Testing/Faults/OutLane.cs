using ResilientRabbit.Testing.Journal;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>The direction to the client: what comes out goes to the outbox. Used under the outbox's gate.</summary>
internal sealed class OutLane(AmqpLink link, FaultEngine engine, FrameOutbox outbox, LinkJournal? journal)
    : FaultLane(link, engine, FrameDirection.FromBroker)
{
    public override void Emit(Command command) => EmitRaw(command.Bytes);

    /// <summary>Answers to publishes are translated where the client's count differs from the broker's, and arranged as the test wants them.</summary>
    public override void Process(Command command)
    {
        if (command.Method is AmqpMethod.BasicAck or AmqpMethod.BasicNack && Link.Confirms.Find(command.Channel) is { } channel)
        {
            ConfirmRule? rule = Engine.Confirms?.Rule;
            ConfirmFrame answer = AnswerOf(command);
            if (rule is not null || channel.Filters)
            {
                ProcessAnswers(command.Channel, channel.Answer(answer, rule));
                Collected(command.Channel, channel);
                return;
            }

            channel.Note(answer.DeliveryTag, answer.Multiple);
        }

        base.Process(command);
    }

    // What a rule has collected and not yet arranged waits for a word of the test.
    private void Collected(ushort number, ChannelConfirms channel)
    {
        if (Engine.Confirms is { } arrangement && channel.BeginsToCollect())
        {
            void Arrange() => Inject(() => ProcessAnswers(number, channel.TakeCollected(arrangement.Rule)));
            if (!arrangement.Handle.TryHold(Arrange))
            {
                Arrange();
            }
        }
    }

    /// <summary>Answers in frames of their own.</summary>
    public void ProcessAnswers(ushort channel, IReadOnlyList<ConfirmFrame> answers)
    {
        if (answers.Count > 0)
        {
            Engine.Confirms?.Handle.CountFired();
        }

        foreach (ConfirmFrame answer in answers)
        {
            base.Process(new Command(AmqpFrames.Confirm(channel, answer)));
        }
    }

    public override void EmitRaw(ReadOnlyMemory<byte> bytes)
    {
        if (!outbox.IsCompleted)
        {
            journal?.AddBytes(FrameDirection.FromBroker, bytes);
            outbox.Filling.Raw(bytes.Span);
        }
    }

    /// <summary>Bytes in writes of these sizes; the last size counts for the rest.</summary>
    public void EmitSplit(ReadOnlyMemory<byte> bytes, IReadOnlyList<int> sizes)
    {
        int start = outbox.Filling.Length;
        outbox.Mark(OutboxMarkKind.Boundary);
        EmitRaw(bytes);
        int at = 0;
        for (int index = 0; at < bytes.Length; index++)
        {
            at = Math.Min(bytes.Length, at + sizes[Math.Min(index, sizes.Count - 1)]);
            outbox.MarkAt(start + at, OutboxMarkKind.Boundary);
        }
    }

    public override void Then(FaultEnding ending) => outbox.Mark(ending switch
    {
        FaultEnding.Fin => OutboxMarkKind.Fin,
        FaultEnding.HalfClose => OutboxMarkKind.HalfClose,
        _ => OutboxMarkKind.Reset,
    });

    public override void Defer(Action action) => action();

    public override void Inject(Action action)
    {
        lock (outbox.Gate)
        {
            action();
            Settle();
        }

        outbox.Flush();
    }

    // A later 'multiple' of the broker must not confirm what a fault has kept from the client.
    protected override void Fired(Command command)
    {
        if (command.Method is AmqpMethod.BasicAck or AmqpMethod.BasicNack)
        {
            Link.Confirms.StartFiltering(command.Channel);
        }
    }

    private static ConfirmFrame AnswerOf(Command command)
    {
        if (command.Method == AmqpMethod.BasicAck)
        {
            AmqpBasic.Ack ack = command.Read<AmqpBasic.Ack>();
            return new ConfirmFrame(ack.DeliveryTag, ack.Multiple);
        }

        AmqpBasic.Nack nack = command.Read<AmqpBasic.Nack>();
        return new ConfirmFrame(nack.DeliveryTag, nack.Multiple, IsNack: true);
    }
}

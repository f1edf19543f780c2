using ResilientRabbit.Testing.Faults;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing;

/// <content>Actions on the frame itself.</content>
public sealed partial class FaultTrigger
{
    /// <summary>The frame, with its content, is swallowed. A swallowed basic.ack stays lost: a later <c>multiple</c> does not speak for it.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Drop() => SetInstead("drop", static _ => { });

    /// <summary>The frame waits for <see cref="FaultHandle.Release"/>; the frames after it go on.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Hold() => SetInstead("hold", static step => step.Lane.Hold(step.Command, step.Handle));

    /// <summary>The frame and everything after it in its direction waits for <see cref="FaultHandle.Release"/>: a step of a handshake that never comes.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Stall() => SetInstead("stall", static step => step.Lane.Stall(step.Command, step.Handle));

    /// <summary>The frame is overtaken.</summary>
    /// <param name="by">By how many of the frames that follow in its direction, heartbeats not counted.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Reorder(int by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, 1);
        return SetInstead($"reorder by {by}", step => step.Lane.Reorder(step.Command, by));
    }

    /// <summary>The frame goes on, and copies of it follow.</summary>
    /// <param name="copies">How many copies. Default: 1.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Duplicate(int copies = 1)
        => SetInstead("duplicate", step =>
        {
            step.Lane.Pass(step.Command);
            for (int copy = 0; copy < copies; copy++)
            {
                // Without a number: the client published once and wants to hear of it once.
                step.Lane.Emit(new Command(step.Command.Bytes));
            }
        });

    /// <summary>Something else goes on in the frame's place.</summary>
    /// <param name="frames">Whole frames (<see cref="AmqpFrames"/>); towards a client any bytes.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Replace(ReadOnlyMemory<byte> frames) => Replace(_ => frames);

    /// <summary>Something else goes on in the frame's place.</summary>
    /// <param name="frames">Makes it of what the journal would say of the frame.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Replace(Func<JournalEntry, ReadOnlyMemory<byte>> frames)
        => SetInstead("replace", step => step.Lane.EmitRaw(frames(step.Lane.Describe(step.Command))));

    /// <summary>The frame is cut: so many of its bytes reach the client, then FIN.</summary>
    /// <param name="bytes">How many; of a method with content all frames count together.</param>
    /// <returns>The fault's handle.</returns>
    /// <exception cref="InvalidOperationException">The trigger is not of frames from the broker.</exception>
    public FaultHandle CutAt(int bytes)
        => SetToClient($"cut at {bytes}", (step, lane) =>
        {
            lane.EmitRaw(step.Command.Bytes[..Math.Min(bytes, step.Command.Bytes.Length)]);
            lane.Then(FaultEnding.Fin);
        });

    /// <summary>The frame goes to the client in several writes.</summary>
    /// <param name="sizes">Their sizes in bytes; the last one counts for all that is left, so one 1 means byte by byte.</param>
    /// <returns>The fault's handle.</returns>
    /// <exception cref="InvalidOperationException">The trigger is not of frames from the broker.</exception>
    public FaultHandle Split(params int[] sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        if (sizes.Length == 0 || sizes.Any(static size => size < 1))
        {
            throw new ArgumentException("Sizes are at least one, and at least one byte each.", nameof(sizes));
        }

        return SetToClient("split", (step, lane) => lane.EmitSplit(step.Command.Bytes, sizes));
    }

    /// <summary>The frame waits for the next one to the client; both go in one write.</summary>
    /// <returns>The fault's handle.</returns>
    /// <exception cref="InvalidOperationException">The trigger is not of frames from the broker.</exception>
    public FaultHandle Coalesce() => SetToClient("coalesce", static (step, lane) => lane.Coalesce(step.Command));

    /// <summary>A basic.ack of the broker becomes a basic.nack for the same publishes.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Nack() => Replace(static entry => AmqpFrames.Nack(entry.Channel, entry.DeliveryTag ?? 0, entry.Multiple));

    /// <summary>A basic.ack of the broker becomes one for all tags up to <paramref name="tag"/>.</summary>
    /// <param name="tag">The tag; 0 means all that are open. Default: the ack's own.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle AckMultiple(ulong? tag = null) => Replace(entry => AmqpFrames.Ack(entry.Channel, tag ?? entry.DeliveryTag ?? 0, multiple: true));

    /// <summary>A basic.publish goes nowhere, and is confirmed as if it had been stored.</summary>
    /// <returns>The fault's handle.</returns>
    /// <remarks>See the remark of <see cref="PublishScript.Next"/>.</remarks>
    public FaultHandle LoseMessage() => SetPublish("lose message", static step => step.Lane.Pass(Nowhere.Route(step.Command)));

    /// <summary>A basic.publish is stored, and its confirm becomes something else.</summary>
    /// <param name="confirm">What. Default: it is lost.</param>
    /// <param name="afterFrames">The confirm waits for so many more methods of the client, heartbeats not counted. Default: 0.</param>
    /// <returns>The fault's handle.</returns>
    /// <remarks>Right also where the broker confirms several publishes with one frame.</remarks>
    public FaultHandle LoseConfirm(Confirm confirm = Confirm.Drop, int afterFrames = 0)
        => SetPublish("lose confirm", step =>
        {
            step.Link.Decide(step.Command, confirm, afterFrames);
            step.Lane.Pass(step.Command);
        });

    private FaultHandle SetPublish(string name, Action<FaultStep> action)
        => _direction == FrameDirection.FromClient && _method == AmqpMethod.BasicPublish
            ? SetInstead(name, action)
            : throw new InvalidOperationException($"'{name}' needs a basic.publish from the client.");
}

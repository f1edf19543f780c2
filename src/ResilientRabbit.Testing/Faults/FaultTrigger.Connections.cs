using ResilientRabbit.Testing.Faults;

namespace ResilientRabbit.Testing;

/// <content>Actions beside the frame: on its channel and its connection.</content>
public sealed partial class FaultTrigger
{
    /// <summary>Bytes to the client: frames or anything else.</summary>
    /// <param name="bytes">What the client gets, as it is.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Send(ReadOnlyMemory<byte> bytes) => Send("send", bytes);

    /// <summary>The connection ends with FIN, after what was sent so far; what the client still sends is thrown away.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Fin() => Set("fin", static step => step.Lane.Then(FaultEnding.Fin));

    /// <summary>The connection ends with a reset, after what was sent so far.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Reset() => Set("reset", static step => step.Lane.Then(FaultEnding.Reset));

    /// <summary>The client gets FIN, but what it still sends is served.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle HalfClose() => Set("half close", static step => step.Lane.Then(FaultEnding.HalfClose));

    /// <summary>Nothing more is read from the client until <see cref="FaultHandle.Release"/>: its sends fill the window and stop.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle StopReading() => Set("stop reading", static step => step.Link.PauseReading(step.Handle.Released));

    /// <summary>channel.close to the client for the frame's channel, on which nothing else follows.</summary>
    /// <param name="replyCode">Why, as a number: 403, 404, 406, …</param>
    /// <param name="replyText">Why, in words; at most 255 bytes.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle CloseChannel(int replyCode, string replyText)
        => Set("close channel", step => step.Link.CloseChannel(step.Command, replyCode, replyText));

    /// <summary>connection.close to the client, after which nothing follows.</summary>
    /// <param name="replyCode">Why, as a number: 320, 501, 541, …</param>
    /// <param name="replyText">Why, in words; at most 255 bytes.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle CloseConnection(int replyCode, string replyText)
        => Set("close connection", step => step.Link.CloseConnection(step.Command, replyCode, replyText));

    /// <summary>connection.blocked to the client. The broker itself goes on taking messages.</summary>
    /// <param name="reason">The reason that the client is told.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Block(string reason = "low on memory") => Send("block", AmqpFrames.Blocked(reason));

    /// <summary>connection.unblocked to the client.</summary>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Unblock() => Send("unblock", AmqpFrames.Unblocked());

    /// <summary>basic.cancel to the client: the broker has ended a consumer, and it has.</summary>
    /// <param name="consumerTag">The consumer. Default: the one of the frame (consume-ok, deliver).</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle CancelConsumer(string? consumerTag = null)
        => Set("cancel consumer", step => step.Link.CancelConsumer(step.Command.Channel, consumerTag ?? step.Lane.Describe(step.Command).ConsumerTag ?? ""));

    /// <summary>Whatever the test wants to do at this moment.</summary>
    /// <param name="action">Gets what the journal would say of the frame. It is called on the connection's way: quick, and without waiting.</param>
    /// <returns>The fault's handle.</returns>
    public FaultHandle Call(Action<JournalEntry> action) => Set("call", step => action(step.Lane.Describe(step.Command)));

    private FaultHandle Send(string name, ReadOnlyMemory<byte> bytes) => Set(name, step => step.Link.InjectOut(lane => lane.EmitRaw(bytes)));
}

using System.Collections.Concurrent;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>The direction from the client: what comes out waits here until the link's owner reads it. Used by the link's one reader.</summary>
internal sealed class InLane(AmqpLink link, FaultEngine engine) : FaultLane(link, engine, FrameDirection.FromClient)
{
    private readonly Queue<(Frame Frame, Action? Action)> _inbox = new();
    private readonly ConcurrentQueue<Action> _injected = new();
    private TaskCompletionSource _signal = NewSignal();
    private volatile Task? _pause;

    /// <summary>Completes when something was injected.</summary>
    public Task Injected => Volatile.Read(ref _signal).Task;

    /// <summary>Reading has stopped until this completes.</summary>
    public Task? Pause => _pause is { IsCompleted: false } pause ? pause : null;

    protected override bool HasState => base.HasState || _inbox.Count > 0 || Pause is not null || Link.Confirms.HasWaiting || Link.HasClosedChannels;

    public override void Emit(Command command)
    {
        if (command.Method == AmqpMethod.BasicPublish)
        {
            Link.Confirms.Forwarded(command.Channel, command.PublishNumber);
        }

        EmitRaw(command.Bytes);
    }

    public override void Process(Command command)
    {
        if (Link.HasClosedChannels && command.Method is AmqpMethod.ChannelCloseOk or AmqpMethod.ChannelOpen)
        {
            Link.InjectOut(lane => lane.ReopenChannel(command.Channel));
        }

        base.Process(command);
    }

    public override void Pass(Command command)
    {
        Link.FramePassed(command);
        base.Pass(command.Method == AmqpMethod.BasicPublish ? Link.Scripted(command) : command);
    }

    public override void EmitRaw(ReadOnlyMemory<byte> bytes)
    {
        foreach (Frame frame in FrameCutter.Cut(bytes, out _))
        {
            _inbox.Enqueue((frame, null));
        }
    }

    public override void Then(FaultEnding ending) => Link.End(ending);

    public override void Defer(Action action) => _inbox.Enqueue((default, action));

    public override void Inject(Action action)
    {
        _injected.Enqueue(action);
        Volatile.Read(ref _signal).TrySetResult();
    }

    /// <summary>Nothing more is read until the task completes.</summary>
    public void PauseUntil(Task released) => _pause = released;

    /// <summary>Runs what was injected.</summary>
    /// <returns>True when there was something.</returns>
    public bool RunInjected()
    {
        if (_injected.IsEmpty)
        {
            return false;
        }

        // A new signal first: what is injected from now on must be seen by the next wait.
        Volatile.Write(ref _signal, NewSignal());
        while (_injected.TryDequeue(out Action? action))
        {
            action();
        }

        Settle();
        return true;
    }

    /// <summary>The next frame for the owner. What was deferred between frames happens here: the owner has dealt with the frames before it.</summary>
    public bool TryTake(out Frame frame)
    {
        frame = default;
        while (Pause is null && !Link.HasEnded && _inbox.TryDequeue(out (Frame Frame, Action? Action) item))
        {
            item.Action?.Invoke();
            Settle();
            if (item.Action is null)
            {
                frame = item.Frame;
                return true;
            }
        }

        return false;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

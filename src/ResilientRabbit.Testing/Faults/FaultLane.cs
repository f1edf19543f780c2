using ResilientRabbit.Testing.Journal;
using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>
/// One direction of one connection while faults are set: commands go in, and what is left of them comes out in the order in which the peer
/// shall see it. Used under the link's lock of that direction.
/// </summary>
internal abstract class FaultLane
{
    private readonly CommandAssembler _assembler = new();
    private readonly HashSet<ushort> _closedChannels = [];
    private readonly List<Overtaken> _overtaken = [];
    private readonly List<Command> _coalesced = [];
    private List<Command>? _stalled;
    private int _held;
    private volatile bool _busy;
    private bool _allClosed;

    protected FaultLane(AmqpLink link, FaultEngine engine, FrameDirection direction)
    {
        Link = link;
        Engine = engine;
        Direction = direction;
    }

    public AmqpLink Link { get; }

    public FrameDirection Direction { get; }

    protected FaultEngine Engine { get; }

    /// <summary>Nothing is under way here and no fault is set: frames need not come by.</summary>
    public bool IsQuiet => Engine.IsQuiet && !_busy;

    /// <summary>A fault has closed channels here, and the other side has not agreed yet.</summary>
    public bool HasClosedChannels => _closedChannels.Count > 0;

    /// <summary>What the direction stays interested in after the last fault has fired.</summary>
    protected virtual bool HasState
        => _held > 0 || _overtaken.Count > 0 || _coalesced.Count > 0 || _stalled is not null || _closedChannels.Count > 0 || _allClosed || _assembler.HasUnfinished;

    /// <summary>Takes a frame; a command is judged when its last frame is there.</summary>
    public void Add(in Frame frame, ulong publishNumber = 0)
    {
        if (_assembler.Add(frame, publishNumber) is { } command)
        {
            Process(command);
        }
        else
        {
            Settle();
        }
    }

    /// <summary>Takes a whole command.</summary>
    public virtual void Process(Command command)
    {
        Judge(command);
        Settle();
    }

    /// <summary>To be called after whatever may have changed <see cref="HasState"/>.</summary>
    public void Settle() => _busy = HasState;

    /// <summary>The end of the direction: what was begun goes on as it is.</summary>
    public void End()
    {
        foreach (Command command in _assembler.TakeUnfinished())
        {
            Emit(command);
        }
    }

    /// <summary>A command on its way to the receiver, after everything emitted before.</summary>
    public abstract void Emit(Command command);

    /// <summary>Bytes that may be no frames, after everything emitted before.</summary>
    public abstract void EmitRaw(ReadOnlyMemory<byte> bytes);

    /// <summary>Ends the connection after everything emitted before.</summary>
    public abstract void Then(FaultEnding ending);

    /// <summary>Does something when the receiver has dealt with everything emitted before, as far as we can know.</summary>
    public abstract void Defer(Action action);

    /// <summary>Runs under the lock of this direction, from any thread, and sends what it emits.</summary>
    public abstract void Inject(Action action);

    public JournalEntry Describe(Command command) => EntryReader.Read(command, Direction, Link.Number);

    /// <summary>The command goes on as if there were no fault, and the ones it overtakes come nearer to their turn.</summary>
    public virtual void Pass(Command command)
    {
        _coalesced.ForEach(Emit);
        _coalesced.Clear();
        Emit(command);
        if (!command.IsHeartbeat)
        {
            CountDown();
        }
    }

    /// <summary>Keeps the command until the handle is released; others pass.</summary>
    public void Hold(Command command, FaultHandle handle)
    {
        if (!handle.TryHold(() => Inject(() =>
            {
                _held--;
                Emit(command);
            })))
        {
            Emit(command);
            return;
        }

        _held++;
    }

    /// <summary>Keeps this command and everything after it until the handle is released.</summary>
    public void Stall(Command command, FaultHandle handle)
    {
        if (!handle.TryHold(() => Inject(() =>
            {
                _held--;
                List<Command> stalled = _stalled ?? [];
                _stalled = null;
                Emit(command);
                stalled.ForEach(Process);
            })))
        {
            Emit(command);
            return;
        }

        _held++;
        _stalled = [];
    }

    /// <summary>Keeps the command until so many others have passed.</summary>
    public void Reorder(Command command, int by) => _overtaken.Add(new Overtaken(command, by));

    /// <summary>Keeps the command until the next one goes on; it goes right before it.</summary>
    public void Coalesce(Command command) => _coalesced.Add(command);

    /// <summary>From now on the channel is silent in this direction.</summary>
    public void CloseChannel(ushort channel) => _closedChannels.Add(channel);

    /// <summary>From now on this direction is silent but for close-ok.</summary>
    public void CloseAll() => _allClosed = true;

    /// <summary>The channel is open or closed anew: it speaks again.</summary>
    public void ReopenChannel(ushort channel) => _closedChannels.Remove(channel);

    /// <summary>At least one fault fires at the command.</summary>
    protected virtual void Fired(Command command)
    {
    }

    private void Judge(Command command)
    {
        if (_stalled is { } stalled)
        {
            stalled.Add(command);
            return;
        }

        if (IsSwallowed(command))
        {
            return;
        }

        IReadOnlyList<FaultRule> fired = Engine.IsQuiet ? [] : Engine.Match(this, command);
        if (fired.Count > 0)
        {
            Fired(command);
        }

        RunAll(fired, FaultPosition.Before, command);
        if (!RunAll(fired, FaultPosition.Instead, command))
        {
            Pass(command);
        }

        RunAll(fired, FaultPosition.After, command);
    }

    private bool IsSwallowed(Command command)
        => (_allClosed && command.Method != AmqpMethod.ConnectionCloseOk)
            || (_closedChannels.Contains(command.Channel) && command.Method != AmqpMethod.ChannelCloseOk);

    private bool RunAll(IReadOnlyList<FaultRule> fired, FaultPosition position, Command command)
    {
        bool any = false;
        foreach (FaultRule rule in fired)
        {
            if (rule.Position == position)
            {
                any = true;
                if (position == FaultPosition.After)
                {
                    Defer(() => Run(rule, command));
                }
                else
                {
                    Run(rule, command);
                }
            }
        }

        return any;
    }

    // Counted when it is done: who waits for the fault and then releases it must find what it holds.
    private void Run(FaultRule rule, Command command)
    {
        rule.Action(new FaultStep(this, command, rule.Handle));
        rule.Handle.CountFired();
    }

    private void CountDown()
    {
        for (int index = 0; index < _overtaken.Count;)
        {
            Overtaken overtaken = _overtaken[index];
            overtaken.Left--;
            if (overtaken.Left > 0)
            {
                index++;
                continue;
            }

            _overtaken.RemoveAt(index);
            Emit(overtaken.Command);
        }
    }

    private sealed class Overtaken(Command command, int left)
    {
        public Command Command { get; } = command;

        public int Left { get; set; } = left;
    }
}

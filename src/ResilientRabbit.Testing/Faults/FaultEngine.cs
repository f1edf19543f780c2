using ResilientRabbit.Testing.Wire;

namespace ResilientRabbit.Testing.Faults;

/// <summary>The faults of one broker or proxy. Connections ask it for each command while there is at least one; otherwise they look at one field.</summary>
internal sealed class FaultEngine
{
    private readonly Lock _gate = new();
    private volatile FaultRule[] _rules = [];
    private volatile ConnectRule[] _connectRules = [];
    private volatile bool _isQuiet = true;

    public FaultEngine() => Script = new PublishScript(this);

    /// <summary>No fault is waiting.</summary>
    public bool IsQuiet => _isQuiet;

    /// <summary>How confirms are arranged; null: as the broker gives them.</summary>
    public ConfirmArrangement? Confirms { get; private set; }

    /// <summary>What happens to the next publishes.</summary>
    public PublishScript Script { get; }

    public void Add(FaultRule rule)
    {
        lock (_gate)
        {
            _rules = [.. _rules, rule];
            Refresh();
        }
    }

    public void Arrange(ConfirmArrangement arrangement)
    {
        lock (_gate)
        {
            Confirms = arrangement;
            Refresh();
        }
    }

    /// <summary>To be called after a change of what waits.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            _isQuiet = _rules.Length == 0 && Confirms is null && Script.IsEmpty;
        }
    }

    public void Add(ConnectRule rule)
    {
        lock (_gate)
        {
            _connectRules = [.. _connectRules, rule];
        }
    }

    public void CancelAll()
    {
        FaultHandle[] handles;
        lock (_gate)
        {
            handles = [.. _rules.Select(static rule => rule.Handle), .. _connectRules.Select(static rule => rule.Handle)];
            handles = Confirms is { } confirms ? [.. handles, confirms.Handle] : handles;
        }

        Script.Clear();
        foreach (FaultHandle handle in handles)
        {
            handle.Cancel();
        }
    }

    public void Remove(FaultHandle handle)
    {
        lock (_gate)
        {
            _rules = [.. _rules.Where(rule => rule.Handle != handle)];
            _connectRules = [.. _connectRules.Where(rule => rule.Handle != handle)];
            if (Confirms?.Handle == handle)
            {
                Confirms = null;
            }

            Refresh();
        }
    }

    /// <summary>The faults that fire at this command, in the order in which they were set. Those that are used up leave.</summary>
    public IReadOnlyList<FaultRule> Match(FaultLane lane, Command command)
    {
        List<FaultRule>? fired = null;
        lock (_gate)
        {
            bool replaced = false;
            foreach (FaultRule rule in _rules)
            {
                // A frame is replaced by one fault only; the next one waits for the next frame.
                bool replaces = rule.Position == FaultPosition.Instead;
                if (rule.IsDue(lane, command) && !(replaces && replaced))
                {
                    replaced |= replaces;
                    rule.Use();
                    (fired ??= []).Add(rule);
                }
            }

            if (fired is not null)
            {
                _rules = [.. _rules.Where(static rule => !rule.IsUsedUp)];
                Refresh();
            }
        }

        return fired ?? (IReadOnlyList<FaultRule>)[];
    }

    /// <summary>What to do with a connection that was just accepted; null: serve it.</summary>
    public ConnectRule? MatchConnect()
    {
        lock (_gate)
        {
            foreach (ConnectRule rule in _connectRules)
            {
                if (rule.Counts())
                {
                    _connectRules = [.. _connectRules.Where(static left => !left.IsUsedUp)];
                    return rule;
                }
            }
        }

        return null;
    }
}

using System.Collections.Concurrent;
using ResilientRabbit.Testing.Faults;

namespace ResilientRabbit.Testing;

/// <summary>What happens to the publishes that come next, one step each, whatever their connection and channel. Without steps left, nothing special. Thread-safe.</summary>
public sealed class PublishScript
{
    private readonly ConcurrentQueue<ScriptStep> _steps = new();
    private readonly FaultEngine _engine;

    internal PublishScript(FaultEngine engine)
    {
        _engine = engine;
        Handle = new FaultHandle(engine, "publish script");
    }

    /// <summary>Counts the steps that have happened.</summary>
    public FaultHandle Handle { get; }

    internal bool IsEmpty => _steps.IsEmpty;

    /// <summary>Adds a step for the next publish that has none.</summary>
    /// <param name="store">Whether the message is routed. When not, the client still gets its confirm. Default: yes.</param>
    /// <param name="confirm">What becomes of the confirm. Default: it reaches the client.</param>
    /// <param name="afterFrames">The confirm waits until so many more methods have come from this client connection, heartbeats not counted. Default: 0.</param>
    /// <param name="count">For how many publishes the step counts. Default: 1.</param>
    /// <returns>The same script, for the next step.</returns>
    /// <remarks>
    /// A message that is not stored is readdressed to a routing key of the default exchange that no queue has; its CC and BCC headers, if it has any, still
    /// count. Confirms of a client that has not selected confirm mode are not there to be dropped.
    /// </remarks>
    public PublishScript Next(bool store = true, Confirm confirm = Confirm.Ack, int afterFrames = 0, int count = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterFrames);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        for (int index = 0; index < count; index++)
        {
            _steps.Enqueue(new ScriptStep(store, confirm, afterFrames));
        }

        _engine.Refresh();
        return this;
    }

    /// <summary>Forgets the steps that have not happened.</summary>
    public void Clear()
    {
        _steps.Clear();
        _engine.Refresh();
    }

    internal ScriptStep? Take()
    {
        if (!_steps.TryDequeue(out ScriptStep? step))
        {
            return null;
        }

        if (_steps.IsEmpty)
        {
            _engine.Refresh();
        }

        Handle.CountFired();
        return step;
    }
}

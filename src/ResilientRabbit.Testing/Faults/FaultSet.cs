using ResilientRabbit.Testing.Faults;

namespace ResilientRabbit.Testing;

/// <summary>
/// The faults of a broker or proxy. A fault is where, when and what: <c>Faults.FromBroker(AmqpMethod.BasicAck).Nth(3).Drop()</c>. It is set
/// when its action is named, and the handle that comes back tells whether it has happened. Thread-safe.
/// </summary>
/// <remarks>
/// No fault runs on a clock: each happens at a frame, or at a word of the test. Several may be set at once. At one frame all that are due
/// happen in the order in which they were set, but only one of them may take the frame's place; another one waits for the next frame.
/// Heartbeats trigger nothing unless a trigger without a method is used.
/// </remarks>
public sealed class FaultSet
{
    private readonly FaultEngine _engine;

    internal FaultSet(FaultEngine engine) => _engine = engine;

    /// <summary>What happens to the publishes that come next, one by one.</summary>
    public PublishScript OnPublish => _engine.Script;

    /// <summary>At methods that come from clients.</summary>
    /// <param name="method">The method; without one: whatever comes, heartbeats too.</param>
    /// <returns>The trigger, to be narrowed and given an action.</returns>
    public FaultTrigger FromClient(AmqpMethod? method = null) => new(_engine, FrameDirection.FromClient, method);

    /// <summary>At methods that go to clients.</summary>
    /// <param name="method">The method; without one: whatever goes, heartbeats too.</param>
    /// <returns>The trigger, to be narrowed and given an action.</returns>
    public FaultTrigger FromBroker(AmqpMethod? method = null) => new(_engine, FrameDirection.FromBroker, method);

    /// <summary>At connections, before their first byte.</summary>
    /// <returns>The trigger, to be narrowed and given an action.</returns>
    public ConnectTrigger AtConnect() => new(_engine);

    /// <summary>Arranges the confirms of all channels from now on.</summary>
    /// <param name="rule">How.</param>
    /// <returns>A handle whose <see cref="FaultHandle.Release"/> lets go confirms that wait for more of them, and whose <see cref="FaultHandle.Cancel"/> ends the rule.</returns>
    public FaultHandle ConfirmWith(ConfirmRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var handle = new FaultHandle(_engine, $"confirms {rule}");
        _engine.Arrange(new ConfirmArrangement(rule, handle));
        return handle;
    }

    /// <summary>Takes all faults back and releases what they hold.</summary>
    public void CancelAll() => _engine.CancelAll();
}

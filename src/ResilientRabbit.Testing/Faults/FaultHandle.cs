using ResilientRabbit.Testing.Faults;

namespace ResilientRabbit.Testing;

/// <summary>A fault that was set: whether it fired, and the word that ends it. Thread-safe.</summary>
/// <remarks>A test that set a fault asserts <see cref="Fired"/>: a fault that never happened proves nothing.</remarks>
public sealed class FaultHandle
{
    private readonly Lock _gate = new();
    private readonly FaultEngine _engine;
    private readonly string _description;
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private List<Action> _held = [];
    private TaskCompletionSource _released = NewSource();
    private int _fired;
    private bool _isCancelled;

    internal FaultHandle(FaultEngine engine, string description)
    {
        _engine = engine;
        _description = description;
    }

    /// <summary>How often the fault has happened.</summary>
    public int Fired => Volatile.Read(ref _fired);

    /// <summary>Completes at the next <see cref="Release"/>.</summary>
    internal Task Released
    {
        get
        {
            lock (_gate)
            {
                return _isCancelled ? Task.CompletedTask : _released.Task;
            }
        }
    }

    /// <summary>Waits until the fault has happened.</summary>
    /// <param name="bound">How long to wait at most.</param>
    /// <param name="times">How often it must have happened. Default: once.</param>
    /// <returns>A task that completes when it has happened.</returns>
    /// <exception cref="TimeoutException">It has not happened within <paramref name="bound"/>.</exception>
    public async Task WaitFiredAsync(TimeSpan bound, int times = 1)
    {
        Task reached;
        lock (_gate)
        {
            if (_fired >= times)
            {
                return;
            }

            var source = NewSource();
            _waiters.Add((times, source));
            reached = source.Task;
        }

        try
        {
            await reached.WaitAsync(bound).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The fault '{_description}' fired {Fired} times within {bound}, not {times}.");
        }
    }

    /// <summary>Lets go what the fault holds: held frames go on in the order in which they were held, stalled directions and stopped readers run again.</summary>
    /// <remarks>Without effect for faults that hold nothing. The fault itself stays set until it is used up or cancelled.</remarks>
    public void Release()
    {
        List<Action> held;
        TaskCompletionSource released;
        lock (_gate)
        {
            (held, _held) = (_held, []);
            (released, _released) = (_released, NewSource());
        }

        foreach (Action release in held)
        {
            release();
        }

        released.TrySetResult();
    }

    /// <summary>Takes the fault back: it fires no more. What it holds is released.</summary>
    public void Cancel()
    {
        _engine.Remove(this);
        lock (_gate)
        {
            _isCancelled = true;
        }

        Release();
    }

    /// <summary>What the fault is and how often it has fired.</summary>
    /// <returns>One line of text.</returns>
    public override string ToString() => $"{_description}: fired {Fired} times";

    internal void CountFired()
    {
        lock (_gate)
        {
            int fired = Interlocked.Increment(ref _fired);
            foreach ((int count, TaskCompletionSource reached) in _waiters)
            {
                if (fired >= count)
                {
                    reached.TrySetResult();
                }
            }

            _waiters.RemoveAll(waiter => fired >= waiter.Count);
        }
    }

    /// <summary>Keeps something until the next release. False when the fault was taken back meanwhile: then nobody would ever release it.</summary>
    internal bool TryHold(Action release)
    {
        lock (_gate)
        {
            if (!_isCancelled)
            {
                _held.Add(release);
            }

            return !_isCancelled;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

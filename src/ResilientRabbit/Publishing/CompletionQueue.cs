using System.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>
/// Tells callers their outcomes on the thread pool: a few workers that take one message after the other, because an ack may answer
/// thousands and a work item for each costs more than all the rest of a confirm.
/// </summary>
/// <remarks>
/// A caller's continuation may block its worker, even by waiting for another message of this queue. The others are taken by the remaining
/// workers, or by a new one that <see cref="Tick"/> sends when none gets on.
/// </remarks>
internal sealed class CompletionQueue : IThreadPoolWorkItem
{
    /// <summary>After so many messages a worker lets other work of the pool have its turn.</summary>
    private const int Turn = 64;

    /// <summary>A turn that took longer is one of slow callers: more than one worker is worth it.</summary>
    private static readonly long SlowTurn = Stopwatch.Frequency / 2_000;

    private static readonly int MaxWorkers = Environment.ProcessorCount;

    private readonly Lock _gate = new();

    // Not through the messages' own links: one that was settled in a queue is still in that queue's list.
    private readonly Queue<PendingMessage> _waiting = new();
    private int _workers;
    private int _starting;
    private int _generation;
    private long _taken;
    private long _takenAtTick;
    private long _takenAtAdd;

    /// <summary>
    /// Called when somebody waits to be told. Only <see cref="Tick"/> helps when those who tell are held up, and the clock may have stopped since the outcome was counted.
    /// </summary>
    public Action? Added { private get; set; }

    /// <summary>True when no caller waits to be told.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count == 0;
            }
        }
    }

    /// <summary>Adds a chain of messages whose outcome is known.</summary>
    public void Add(ref MessageList chain)
    {
        bool start;
        lock (_gate)
        {
            bool busy = IsBusy();
            while (chain.Take() is { } message)
            {
                _waiting.Enqueue(message);
            }

            start = StartOne(busy);
        }

        Start(start);
        Added?.Invoke();
    }

    /// <summary>Adds one message whose outcome is known.</summary>
    public void Add(PendingMessage message)
    {
        bool start;
        lock (_gate)
        {
            bool busy = IsBusy();
            _waiting.Enqueue(message);
            start = StartOne(busy);
        }

        Start(start);
        Added?.Invoke();
    }

    /// <summary>Called by the publisher's clock: sends a fresh worker when those there have all been stuck since the last call.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            // One that has not begun yet is held up by the pool, not by a caller: another one would only stand behind it. Ticks that were kept waiting run together, and would send one each.
            bool stuck = _waiting.Count > 0 && _taken == _takenAtTick && _starting == 0;
            _takenAtTick = _taken;
            if (!stuck)
            {
                return;
            }

            // Those that are stuck count no more, however long they stay.
            _generation++;
            _workers = _starting = 1;
        }

        Start(true);
    }

    void IThreadPoolWorkItem.Execute()
    {
        int generation = 0;
        long start = Stopwatch.GetTimestamp();
        for (int count = 0; count < Turn; count++)
        {
            PendingMessage? message;
            lock (_gate)
            {
                if (count == 0)
                {
                    _starting--;
                    generation = _generation;
                }

                if (!_waiting.TryDequeue(out message))
                {
                    if (generation == _generation)
                    {
                        _workers--;
                    }

                    return;
                }

                _taken++;
            }

            message.TellCaller();
        }

        PassOn(generation, isSlow: Stopwatch.GetTimestamp() - start > SlowTurn);
    }

    /// <summary>To the end of the pool's queue, perhaps with company.</summary>
    private void PassOn(int generation, bool isSlow)
    {
        bool help;
        lock (_gate)
        {
            if (generation != _generation)
            {
                // It was given up as stuck and is back.
                _workers++;
            }

            help = isSlow && _waiting.Count > 0 && _workers < MaxWorkers;
            _workers += help ? 1 : 0;
            _starting += help ? 2 : 1;
        }

        Start(true);
        Start(help);
    }

    /// <summary>Nothing was taken since the last call, although there was something: the workers are held up by slow callers.</summary>
    private bool IsBusy()
    {
        bool busy = _waiting.Count > 0 && _taken == _takenAtAdd;
        _takenAtAdd = _taken;
        return busy;
    }

    private bool StartOne(bool busy)
    {
        bool start = _waiting.Count > 0 && (_workers <= 0 || (busy && _workers < MaxWorkers));
        _workers += start ? 1 : 0;
        _starting += start ? 1 : 0;
        return start;
    }

    private void Start(bool isWanted)
    {
        if (isWanted)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}

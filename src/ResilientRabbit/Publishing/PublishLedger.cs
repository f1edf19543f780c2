namespace ResilientRabbit.Publishing;

/// <summary>
/// The accounts of a publisher under one lock: what is pending, who waits for room, how each message ended. Because counts and limits
/// change together, outcomes and pending add up to submitted at every instant.
/// </summary>
/// <remarks>Lock order: ledger, then lane. Nothing calls the ledger while holding a lane's or a window's lock.</remarks>
internal sealed class PublishLedger
{
    private readonly Lock _gate = new();
    private readonly LedgerLimits _limits;
    private readonly LaneAccount[] _lanes;
    private readonly FlushLine _flushes = new();
    private readonly WaitingLines _lines;
    private OutcomeCounts _counts;
    private bool _closed;

    public PublishLedger(int maxMessages, long maxBytes, int lanes)
    {
        _limits = new LedgerLimits(maxMessages, maxBytes, lanes);
        _lanes = [.. Enumerable.Range(0, lanes).Select(static _ => new LaneAccount())];
        _lines = new WaitingLines(_lanes, _limits);
    }

    public PublishCounts Counts => Read(static self => self._counts.ToPublic());

    /// <summary>True when nothing is pending and nobody waits for room.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _counts.Pending == 0 && _lines.IsEmpty;
            }
        }
    }

    /// <summary>Messages pending on a lane; approximate, for choosing the least loaded.</summary>
    public long PendingOn(int lane) => _lanes[lane].Messages;

    /// <summary>Admits the message to its lane, or lets it wait in order, or says no.</summary>
    /// <param name="message">The message; the engine's reference passes to the lane or the line.</param>
    /// <param name="mayWait">Whether it may wait for room.</param>
    /// <param name="tellAdmission">Whether the caller wants to know when a waiting message was let in.</param>
    /// <param name="admitted">Completes then; null when it need not wait or was not asked for.</param>
    public Admission Admit(PendingMessage message, bool mayWait, bool tellAdmission, out Task? admitted)
    {
        admitted = null;
        lock (_gate)
        {
            if (message.WasReleased)
            {
                return Admission.Gone;
            }

            if (_closed)
            {
                return Admission.Closed;
            }

            LaneAccount account = _lanes[message.Lane.Index];
            bool fits = Fits(account, message.Size);
            if (!fits && !mayWait)
            {
                return Admission.Refused;
            }

            message.Generation = _flushes.Enter();
            if (fits)
            {
                Take(account, message);
                Enter(account);
                return Admission.Admitted;
            }

            if (tellAdmission)
            {
                message.Admission = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                admitted = message.Admission.Task;
            }

            _lines.Add(account, message);
            return Admission.Waiting;
        }
    }

    /// <summary>
    /// Admits messages to their lanes, in order, as long as there is room; those that were cancelled meanwhile are dropped. Returns how many
    /// were dealt with: the next one has to wait or is refused, which <see cref="Admit"/> decides.
    /// </summary>
    public int AdmitRun(ReadOnlySpan<PendingMessage> run)
    {
        int done = 0;
        lock (_gate)
        {
            for (; done < run.Length && !_closed; done++)
            {
                PendingMessage message = run[done];
                if (message.WasReleased)
                {
                    message.ReleaseReference();
                    continue;
                }

                LaneAccount account = _lanes[message.Lane.Index];
                if (!Fits(account, message.Size))
                {
                    break;
                }

                message.Generation = _flushes.Enter();
                Take(account, message);
            }

            foreach (LaneAccount account in _lanes)
            {
                Enter(account);
            }
        }

        return done;
    }

    /// <summary>Counts the outcome of one message and gives its room to those who wait.</summary>
    public void Release(PendingMessage message, PublishFailure? failure)
    {
        lock (_gate)
        {
            ReleaseOne(message, failure);
            GrantAll();
        }
    }

    /// <summary>Counts a chain of confirmed messages: all of them were admitted. The messages are looked at outside the lock, which every publish needs.</summary>
    public void ReleaseConfirmed(PendingMessage? chain)
    {
        while (chain is not null)
        {
            Lane lane = chain.Lane;
            FlushGeneration generation = chain.Generation;
            (int count, long bytes) = (0, 0L);
            for (; chain is not null && chain.Lane == lane && chain.Generation == generation; chain = chain.Next)
            {
                chain.WasReleased = true;
                count++;
                bytes += chain.Size;
            }

            lock (_gate)
            {
                Leave(_lanes[lane.Index], count, bytes);
                _counts.CountConfirmed(count);
                _flushes.Leave(generation, count);
                GrantAll();
            }
        }
    }

    /// <summary>Counts a message that never came as far as <see cref="Admit"/>.</summary>
    public void CountRefusedLocally()
    {
        lock (_gate)
        {
            _counts.Submitted++;
            _counts.NotSent++;
        }
    }

    public void CountReplay()
    {
        lock (_gate)
        {
            _counts.Replayed++;
        }
    }

    /// <summary>When the oldest of the messages that wait for room was accepted; <see cref="long.MaxValue"/> when none waits.</summary>
    public long OldestWaiting() => Read(static self => self._lines.OldestStart);

    /// <summary>Completes when every message accepted so far has its outcome.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            return _flushes.Flush();
        }
    }

    /// <summary>Admits nothing more and completes when nothing is pending or waiting.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
        }

        return FlushAsync();
    }

    /// <summary>Adds the waiting messages whose deadline has passed, or all of them, to the list; their versions tell their lives apart.</summary>
    public void CollectWaiting(long now, bool all, List<(PendingMessage Message, long Version)> into)
    {
        lock (_gate)
        {
            _lines.Collect(now, all, into);
        }
    }

    /// <summary>Called by the clock, with the timestamps of a second.</summary>
    public void Tick(long now, long second)
    {
        lock (_gate)
        {
            if (_lines.Tick(now, second))
            {
                GrantAll();
            }
        }
    }

    private T Read<T>(Func<PublishLedger, T> read)
    {
        lock (_gate)
        {
            return read(this);
        }
    }

    /// <summary>Whether a message that comes now may come in: not before those that wait.</summary>
    private bool Fits(LaneAccount account, int size) => account.Waiters.IsEmpty && !_lines.IsRoomKept && _limits.Allow(_counts, account, size);

    private void Take(LaneAccount account, PendingMessage message)
    {
        message.IsAdmitted = true;
        account.Messages++;
        account.Bytes += message.Size;
        _counts.Submitted++;
        _counts.Pending++;
        _counts.PendingBytes += message.Size;
        account.Entering.Add(message);
    }

    /// <summary>Hands those that were taken to their lane.</summary>
    private static void Enter(LaneAccount account)
    {
        if (account.Entering.First is { } first)
        {
            first.Lane.Enqueue(ref account.Entering);
        }
    }

    private void ReleaseOne(PendingMessage message, PublishFailure? failure)
    {
        message.WasReleased = true;
        if (message.IsAdmitted)
        {
            Leave(_lanes[message.Lane.Index], 1, message.Size);
        }
        else
        {
            _counts.Submitted++;
            if (message.Generation is not null)
            {
                _lines.NoteGone();
            }
        }

        _counts.Count(failure);
        _flushes.Leave(message.Generation, 1);
    }

    private void Leave(LaneAccount account, int count, long bytes)
    {
        account.Messages -= count;
        account.Bytes -= bytes;
        _counts.Pending -= count;
        _counts.PendingBytes -= bytes;
        _lines.NoteFreed();
    }

    private void GrantAll()
    {
        if (_lines.IsEmpty)
        {
            return;
        }

        while (_lines.TakeNext(_counts) is { } waiter)
        {
            Take(_lanes[waiter.Lane.Index], waiter);
            waiter.Admission?.TrySetResult();
        }

        foreach (LaneAccount account in _lanes)
        {
            Enter(account);
        }
    }
}

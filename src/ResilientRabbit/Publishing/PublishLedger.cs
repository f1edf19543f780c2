namespace ResilientRabbit.Publishing;

/// <summary>
/// The accounts of a publisher under one lock: what is pending, who waits for room, how each message ended. Because counts and limits
/// change together, outcomes and pending add up to submitted at every instant.
/// </summary>
/// <remarks>Lock order: ledger, then lane. Nothing calls the ledger while holding a lane's or a window's lock.</remarks>
internal sealed class PublishLedger
{
    private readonly Lock _gate = new();
    private readonly long _maxMessages;
    private readonly long _maxBytes;
    private readonly long _maxLaneMessages;
    private readonly long _maxLaneBytes;
    private readonly LaneAccount[] _lanes;
    private readonly LinkedList<FlushGeneration> _generations = new();
    private FlushGeneration _generation = new();
    private OutcomeCounts _counts;
    private long _waiting;
    private bool _closed;

    public PublishLedger(int maxMessages, long maxBytes, int lanes)
    {
        _maxMessages = maxMessages;
        _maxBytes = maxBytes;

        // One lane alone may not starve the others.
        _maxLaneMessages = lanes > 1 ? Math.Max(1, maxMessages / 2) : maxMessages;
        _maxLaneBytes = lanes > 1 ? Math.Max(1, maxBytes / 2) : maxBytes;
        _lanes = [.. Enumerable.Range(0, lanes).Select(static _ => new LaneAccount())];
        _generations.AddLast(_generation);
    }

    public PublishCounts Counts
    {
        get
        {
            lock (_gate)
            {
                return _counts.ToPublic();
            }
        }
    }

    /// <summary>True when nothing is pending and nobody waits for room.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _counts.Pending == 0 && _waiting == 0;
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
            bool fits = account.Waiters.IsEmpty && Fits(account, message.Size);
            if (!fits && !mayWait)
            {
                return Admission.Refused;
            }

            message.Generation = _generation;
            _generation.Open++;
            if (fits)
            {
                Take(account, message);
                message.Lane.Enqueue(message);
                return Admission.Admitted;
            }

            if (tellAdmission)
            {
                message.Admission = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                admitted = message.Admission.Task;
            }

            account.Waiters.Add(message);
            _waiting++;
            account.NextDeadline = Math.Min(account.NextDeadline, message.Deadline);
            return Admission.Waiting;
        }
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

    /// <summary>Counts a chain of confirmed messages.</summary>
    public void ReleaseConfirmed(PendingMessage? chain)
    {
        lock (_gate)
        {
            for (PendingMessage? message = chain; message is not null; message = message.Next)
            {
                ReleaseOne(message, null);
            }

            GrantAll();
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
    public long OldestWaiting()
    {
        lock (_gate)
        {
            return _lanes.Min(static account => account.Waiters.OldestStart);
        }
    }

    /// <summary>Completes when every message accepted so far has its outcome.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            FlushGeneration last = _generation;
            last.Done ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task done = last.Done.Task;
            _generation = new FlushGeneration();
            _generations.AddLast(_generation);
            CompleteGenerations();
            return done;
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
            foreach (LaneAccount account in _lanes)
            {
                if (!all && account.NextDeadline > now)
                {
                    continue;
                }

                // Those that were settled and counted while they waited leave the line: with a full buffer and impatient callers it would grow without end.
                _waiting -= account.Waiters.DropReleased();
                account.NextDeadline = long.MaxValue;
                for (PendingMessage? message = account.Waiters.First; message is not null; message = message.Next)
                {
                    if (all || message.Deadline <= now)
                    {
                        into.Add((message, message.Version));
                    }
                    else if (!message.IsSettled)
                    {
                        account.NextDeadline = Math.Min(account.NextDeadline, message.Deadline);
                    }
                }
            }
        }
    }

    private bool Fits(LaneAccount account, int size)
        => _counts.Pending < _maxMessages && account.Messages < _maxLaneMessages
            && (_counts.PendingBytes + size <= _maxBytes || _counts.Pending == 0)
            && (account.Bytes + size <= _maxLaneBytes || account.Messages == 0);

    private void Take(LaneAccount account, PendingMessage message)
    {
        message.IsAdmitted = true;
        account.Messages++;
        account.Bytes += message.Size;
        _counts.Submitted++;
        _counts.Pending++;
        _counts.PendingBytes += message.Size;
    }

    private void ReleaseOne(PendingMessage message, PublishFailure? failure)
    {
        message.WasReleased = true;
        if (message.IsAdmitted)
        {
            LaneAccount account = _lanes[message.Lane.Index];
            account.Messages--;
            account.Bytes -= message.Size;
            _counts.Pending--;
            _counts.PendingBytes -= message.Size;
        }
        else
        {
            _counts.Submitted++;
        }

        _counts.Count(failure);
        if (message.Generation is { } generation && --generation.Open == 0 && generation.Done is not null)
        {
            CompleteGenerations();
        }
    }

    private void GrantAll()
    {
        foreach (LaneAccount account in _lanes)
        {
            while (account.Waiters.First is { } waiter)
            {
                if (!waiter.IsSettled && !Fits(account, waiter.Size))
                {
                    break;
                }

                account.Waiters.Take();
                _waiting--;
                if (waiter.WasReleased)
                {
                    // Settled while it waited, and counted: its place in the line was the engine's reference.
                    waiter.ReleaseReference();
                    continue;
                }

                Take(account, waiter);
                waiter.Admission?.TrySetResult();
                waiter.Lane.Enqueue(waiter);
            }
        }
    }

    private void CompleteGenerations()
    {
        while (_generations.First is { } node && node.Value != _generation && node.Value.Open == 0)
        {
            node.Value.Done!.TrySetResult();
            _generations.RemoveFirst();
        }

    }
}

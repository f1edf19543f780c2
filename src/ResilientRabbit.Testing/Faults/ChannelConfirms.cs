namespace ResilientRabbit.Testing.Faults;

/// <summary>
/// The publishes of one channel and their answers. The client counts what it sent, the broker what reached it: once a fault has swallowed or
/// doubled a publish the two differ, and the broker's answers are translated. Answers are used under the outbox's gate, publishes by the
/// link's reader; what both touch is under the lock.
/// </summary>
internal sealed class ChannelConfirms
{
    private readonly Lock _lock = new();
    private readonly TagSet _answered = new();
    private readonly TagSet _told = new();
    private readonly Dictionary<ulong, ulong> _clientTags = [];
    private readonly Dictionary<ulong, Fate> _fates = [];
    private readonly List<ConfirmFrame> _collected = [];
    private ulong _sent;
    private ulong _forwarded;
    private bool _hasLost;
    private bool _collects;
    private volatile bool _filters;

    /// <summary>confirm.select was seen: publishes are counted.</summary>
    public bool IsSelected { get; set; }

    /// <summary>Answers must come through <see cref="Answer"/>.</summary>
    public bool Filters => _filters;

    /// <summary>Confirms wait for further frames.</summary>
    public bool HasWaiting { get; private set; }

    public ulong Sent() => IsSelected ? ++_sent : 0;

    /// <summary>A publish goes on to the broker, with the number the client gave it; 0 for one that the client knows nothing of.</summary>
    public void Forwarded(ulong number)
    {
        if (!IsSelected)
        {
            return;
        }

        _forwarded++;
        if (number != _forwarded || _filters)
        {
            lock (_lock)
            {
                _filters = true;
                _clientTags[_forwarded] = number;
            }
        }
    }

    /// <summary>Decides about the confirm of a publish before the broker gives it.</summary>
    public void Decide(ulong number, Confirm confirm, int afterFrames)
    {
        lock (_lock)
        {
            _filters = true;
            _fates[number] = new Fate(confirm) { Left = afterFrames };
            _hasLost |= confirm == Confirm.Drop;
            HasWaiting |= afterFrames > 0;
        }
    }

    /// <summary>From now on answers come one by one, and none speaks for several: one was kept from the client.</summary>
    public void StartFiltering()
    {
        lock (_lock)
        {
            _hasLost = true;
            _filters = true;
        }
    }

    /// <summary>An answer that goes to the client as it is.</summary>
    public void Note(ulong tag, bool multiple)
    {
        if (!multiple)
        {
            _answered.Add(tag);
            _told.Add(tag);
        }
        else
        {
            ulong last = tag == 0 ? _forwarded : tag;
            _answered.AddUpTo(last);
            _told.AddUpTo(last);
        }
    }

    /// <summary>What the client gets for an answer of the broker.</summary>
    public IReadOnlyList<ConfirmFrame> Answer(ConfirmFrame answer, ConfirmRule? rule)
    {
        ulong[] tags = answer.Multiple ? [.. _answered.MissingUpTo(answer.DeliveryTag == 0 ? _forwarded : answer.DeliveryTag)] : [answer.DeliveryTag];
        List<ConfirmFrame> frames = [];
        lock (_lock)
        {
            foreach (ulong tag in tags)
            {
                _answered.Add(tag);
                ulong number = _clientTags.Remove(tag, out ulong mapped) ? mapped : tag;
                if (number > 0)
                {
                    frames.AddRange(Fated(number, answer.IsNack));
                }
            }
        }

        return Arrange(frames, rule);
    }

    /// <summary>A frame of the client went by: confirms that waited for it.</summary>
    public IReadOnlyList<ConfirmFrame> FramePassed(ConfirmRule? rule)
    {
        List<ConfirmFrame> due = [];
        lock (_lock)
        {
            foreach ((ulong number, Fate fate) in _fates.Where(static pair => pair.Value.Left > 0).ToArray())
            {
                fate.Left--;
                if (fate.Left == 0 && fate.Answer is { } isNack)
                {
                    due.AddRange(Fated(number, isNack));
                }
            }

            HasWaiting = _fates.Values.Any(static fate => fate.Left > 0);
        }

        return Arrange(due, rule);
    }

    /// <summary>Whether there are collected confirms of which nobody knows yet.</summary>
    public bool BeginsToCollect()
    {
        bool begins = _collected.Count > 0 && !_collects;
        _collects |= begins;
        return begins;
    }

    /// <summary>What was collected for a rule and was too little.</summary>
    public IReadOnlyList<ConfirmFrame> TakeCollected(ConfirmRule rule)
    {
        _collects = false;
        IReadOnlyList<ConfirmFrame> frames = [.. _collected];
        _collected.Clear();
        return frames.Count == 0 ? [] : Told(rule, frames);
    }

    private IEnumerable<ConfirmFrame> Fated(ulong number, bool isNack)
    {
        var frame = new ConfirmFrame(number, IsNack: isNack);
        if (!_fates.TryGetValue(number, out Fate? fate))
        {
            return [frame];
        }

        if (fate.Left > 0)
        {
            fate.Answer = isNack;
            return [];
        }

        _fates.Remove(number);
        return fate.Confirm switch
        {
            Confirm.Drop => [],
            Confirm.Twice => [frame, frame],
            Confirm.Nack => [frame with { IsNack = true }],
            _ => [frame],
        };
    }

    private List<ConfirmFrame> Arrange(List<ConfirmFrame> frames, ConfirmRule? rule)
    {
        if (rule is null)
        {
            frames.ForEach(frame => _told.Add(frame.DeliveryTag));
            return frames;
        }

        List<ConfirmFrame> arranged = [];
        foreach (ConfirmFrame frame in frames)
        {
            _collected.Add(frame);
            if (_collected.Count >= rule.Count)
            {
                arranged.AddRange(Told(rule, [.. _collected]));
                _collected.Clear();
            }
        }

        return arranged;
    }

    private ConfirmFrame[] Told(ConfirmRule rule, IReadOnlyList<ConfirmFrame> frames)
    {
        foreach (ConfirmFrame frame in frames)
        {
            _told.Add(frame.DeliveryTag);
        }

        ulong last = frames.Max(static frame => frame.DeliveryTag);
        bool together = rule.IsMultiple && frames.Count > 1 && !_hasLost && _told.Low >= last && frames.All(static frame => !frame.IsNack);
        return together ? [new ConfirmFrame(last, Multiple: true)] : [.. rule.Arrange(frames)];
    }

    private sealed class Fate(Confirm confirm)
    {
        public Confirm Confirm { get; } = confirm;

        /// <summary>Frames of the client to wait for.</summary>
        public int Left { get; set; }

        /// <summary>The broker's answer that waits: whether it was a nack.</summary>
        public bool? Answer { get; set; }
    }
}

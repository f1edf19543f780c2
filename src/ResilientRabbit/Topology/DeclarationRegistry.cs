namespace ResilientRabbit.Declaring;

/// <summary>What the application declares through the SDK, and how far each entity has come. Thread-safe; no I/O.</summary>
internal sealed partial class DeclarationRegistry
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, DeclarationEntry> _entries = new(StringComparer.Ordinal);
    private TaskCompletionSource _everyEntryTried = Completed();

    /// <summary>Completes when each registered entity was tried once.</summary>
    public Task EveryEntryTried
    {
        get
        {
            lock (_lock)
            {
                return _everyEntryTried.Task;
            }
        }
    }

    public bool HasPending
    {
        get
        {
            lock (_lock)
            {
                return _entries.Values.Any(static entry => entry.State == DeclarationState.Pending);
            }
        }
    }

    /// <summary>Adds or replaces the entities and asks for each to be declared.</summary>
    /// <returns>The results to come; null stands for success.</returns>
    public Task<TopologyException?>[] Request(Topology topology)
    {
        lock (_lock)
        {
            return
            [
                .. topology.Exchanges.Select(spec => RequestForApplicationNeedsLock(DeclarationEntry.For(spec))),
                .. topology.Queues.Select(spec => RequestForApplicationNeedsLock(DeclarationEntry.For(spec))),
                .. topology.Bindings.Select(spec => RequestForApplicationNeedsLock(DeclarationEntry.For(spec))),
            ];
        }
    }

    /// <summary>Asks for everything to be declared again, because the broker may be another one or have lost it.</summary>
    /// <returns>True when something is to be declared.</returns>
    public bool RequestAll()
    {
        lock (_lock)
        {
            foreach (DeclarationEntry entry in _entries.Values.Where(static entry => !entry.ClosesConnections))
            {
                AgainNeedsLock(entry);
            }

            return _entries.Values.Any(static entry => entry.State == DeclarationState.Pending);
        }
    }

    /// <summary>Asks for those entities to be declared again that a message to this target needs.</summary>
    /// <returns>The results to come; empty when the target is not ours.</returns>
    public Task<TopologyException?>[] RequestTarget(string exchange, string routingKey, out bool isNews)
    {
        lock (_lock)
        {
            isNews = false;
            DeclarationEntry[] targets = [.. TargetsNeedsLock(exchange, routingKey)];
            foreach (DeclarationEntry entry in targets)
            {
                // What was refused stays refused on this session, except for something missing that may have come back.
                if (entry.State == DeclarationState.Declared || (entry.State == DeclarationState.Refused && entry.ReplyCode == 404))
                {
                    AgainNeedsLock(entry);
                    isNews = true;
                }
            }

            return [.. targets.Select(static entry => entry.Outcome.Task)];
        }
    }

    public QueueSpec? FindQueue(string name)
    {
        lock (_lock)
        {
            return _entries.GetValueOrDefault(DeclarationEntry.QueueKey(name))?.Spec as QueueSpec;
        }
    }

    public bool KnowsExchange(string name)
    {
        lock (_lock)
        {
            return _entries.ContainsKey(DeclarationEntry.ExchangeKey(name));
        }
    }

    public bool Knows(string exchange, string routingKey)
    {
        lock (_lock)
        {
            return exchange.Length == 0
                ? _entries.ContainsKey(DeclarationEntry.QueueKey(routingKey))
                : MatchingBindingsNeedsLock(exchange, routingKey).Any();
        }
    }

    /// <summary>What is to be declared now: exchanges, queues, bindings; those that failed before after all the others, so that they hold up nobody.</summary>
    public DeclarationAttempt[] Due()
    {
        lock (_lock)
        {
            return
            [
                .. _entries.Values
                    .Where(static entry => entry.State == DeclarationState.Pending)
                    .OrderBy(static entry => entry.Failures > 0)
                    .ThenBy(static entry => entry.Rank)
                    .Select(static entry => new DeclarationAttempt(entry, entry.Spec, entry.Version, entry.Failures)),
            ];
        }
    }

    public void Succeeded(DeclarationAttempt attempt)
    {
        lock (_lock)
        {
            DeclarationEntry entry = attempt.Entry;
            TriedNeedsLock(entry);
            if (entry.Version == attempt.Version)
            {
                (entry.State, entry.Failures, entry.ReplyCode, entry.ClosesConnections, entry.WasReported) = (DeclarationState.Declared, 0, 0, false, false);
                entry.Outcome.TrySetResult(null);
            }
        }
    }

    /// <summary>Keeps the entity pending.</summary>
    public void Postponed(DeclarationAttempt attempt)
    {
        lock (_lock)
        {
            attempt.Entry.Failures++;
            TriedNeedsLock(attempt.Entry);
        }
    }

    /// <summary>Settles the entity as refused.</summary>
    /// <returns>True when the refusal was not reported before.</returns>
    public bool Refused(DeclarationAttempt attempt, TopologyException exception, bool closesConnections)
    {
        lock (_lock)
        {
            DeclarationEntry entry = attempt.Entry;
            TriedNeedsLock(entry);
            if (entry.Version != attempt.Version)
            {
                return false;
            }

            bool news = !entry.WasReported;
            (entry.State, entry.ReplyCode, entry.ClosesConnections, entry.WasReported) = (DeclarationState.Refused, exception.ReplyCode, closesConnections, true);
            entry.Outcome.TrySetResult(exception);
            return news;
        }
    }

    /// <summary>Asks for the queue or exchange that a binding misses to be declared again, if it is ours and was not refused itself.</summary>
    /// <returns>True when the binding may wait for it.</returns>
    public bool RequestMissing(BindingSpec binding, string replyText)
    {
        lock (_lock)
        {
            string key = replyText.Contains($"no queue '{binding.Queue}'", StringComparison.Ordinal)
                ? DeclarationEntry.QueueKey(binding.Queue)
                : DeclarationEntry.ExchangeKey(binding.Exchange);
            if (!_entries.TryGetValue(key, out DeclarationEntry? entry) || entry.State == DeclarationState.Refused)
            {
                return false;
            }

            AgainNeedsLock(entry);
            return true;
        }
    }

    /// <summary>Releases everybody who waits for the first pass: there will be none any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _everyEntryTried.TrySetResult();
        }
    }

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        completed.SetResult();
        return completed;
    }

    private static void AgainNeedsLock(DeclarationEntry entry)
    {
        // A request that comes while the last one is under way must not be settled by it.
        entry.Version++;
        if (entry.State != DeclarationState.Pending)
        {
            entry.State = DeclarationState.Pending;
            entry.Outcome = DeclarationEntry.NewOutcome();
        }
    }

    private Task<TopologyException?> RequestForApplicationNeedsLock(DeclarationEntry fresh)
    {
        Task<TopologyException?> outcome = RequestNeedsLock(fresh);
        _entries[fresh.Key].IsApplications = true;
        return outcome;
    }

    private Task<TopologyException?> RequestNeedsLock(DeclarationEntry fresh)
    {
        if (!_entries.TryGetValue(fresh.Key, out DeclarationEntry? entry))
        {
            _entries.Add(fresh.Key, entry = fresh);
            if (_everyEntryTried.Task.IsCompleted)
            {
                _everyEntryTried = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return entry.Outcome.Task;
        }

        entry.Spec = fresh.Spec;
        entry.ClosesConnections = false;
        AgainNeedsLock(entry);
        return entry.Outcome.Task;
    }

    private void TriedNeedsLock(DeclarationEntry entry)
    {
        entry.WasTried = true;
        CompletePassNeedsLock();
    }

    private void CompletePassNeedsLock()
    {
        if (!_everyEntryTried.Task.IsCompleted && _entries.Values.All(static known => known.WasTried))
        {
            _everyEntryTried.TrySetResult();
        }
    }

    private IEnumerable<DeclarationEntry> TargetsNeedsLock(string exchange, string routingKey)
    {
        if (exchange.Length == 0)
        {
            return Existing(DeclarationEntry.QueueKey(routingKey));
        }

        DeclarationEntry[] bindings = [.. MatchingBindingsNeedsLock(exchange, routingKey)];
        return Existing(DeclarationEntry.ExchangeKey(exchange))
            .Concat(bindings.SelectMany(binding => Existing(DeclarationEntry.QueueKey(((BindingSpec)binding.Spec).Queue))).Distinct())
            .Concat(bindings);

        IEnumerable<DeclarationEntry> Existing(string key) => _entries.TryGetValue(key, out DeclarationEntry? entry) ? [entry] : [];
    }

    private IEnumerable<DeclarationEntry> MatchingBindingsNeedsLock(string exchange, string routingKey)
    {
        // A foreign exchange of unknown type: topic matching includes what direct would match.
        string type = (_entries.GetValueOrDefault(DeclarationEntry.ExchangeKey(exchange))?.Spec as ExchangeSpec)?.Type ?? RoutingMatch.TypeOfPredeclared(exchange) ?? "topic";
        return _entries.Values.Where(entry => entry.Spec is BindingSpec binding
            && string.Equals(binding.Exchange, exchange, StringComparison.Ordinal)
            && RoutingMatch.Matches(type, binding.RoutingKey, routingKey));
    }
}

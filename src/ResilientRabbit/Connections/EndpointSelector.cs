using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>
/// Chooses where a connection goes next: not where it just failed, not where others failed a moment ago, and apart from the client's
/// own connections. Shared by the supervisors of one client; thread-safe.
/// </summary>
/// <remarks>
/// With a single address (proxy, virtual IP) there is nothing to choose and nothing is ever quarantined. With several, the mode decides: a node
/// that failed is avoided for longer each time; a proxy only when it cannot be reached itself; an address that moves for a second at most.
/// </remarks>
internal sealed class EndpointSelector
{
    private static readonly TimeSpan FirstQuarantine = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestQuarantine = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly EndpointOrder _order;
    private readonly Dictionary<string, Entry> _usedBy = new(StringComparer.Ordinal);
    private volatile ConnectionMode _mode;
    private Entry[] _entries;
    private int _cursor;

    public EndpointSelector(
        IReadOnlyList<RabbitEndpoint> endpoints,
        TimeProvider time,
        int firstIndex = 0,
        EndpointOrder order = EndpointOrder.RoundRobin,
        ConnectionMode mode = ConnectionMode.NodeList)
    {
        _mode = mode;
        _order = order;
        _time = time;
        _entries = [.. endpoints.Select(static endpoint => new Entry(endpoint))];
        _cursor = firstIndex % _entries.Length;
    }

    /// <summary>Chooses for the named connection and counts it there at once, so that two that choose at the same time go apart.</summary>
    /// <param name="user">The connection, for example <c>publish-1</c>. Those with the same word before the dash are kept apart first.</param>
    /// <param name="failed">Where this connection was lost or refused since it was last open.</param>
    public RabbitEndpoint Next(string user, FailedEndpoints failed)
    {
        lock (_gate)
        {
            if (Array.TrueForAll(_entries, entry => failed.HadTurn(entry.Endpoint)))
            {
                failed.BeginRound();
            }

            _usedBy.Remove(user);
            long now = _time.GetTimestamp();
            Entry? best = null;
            (int, int, int, int, long, int) bestRank = default;
            for (int offset = 0; offset < _entries.Length; offset++)
            {
                Entry entry = _entries[((_order == EndpointOrder.Ordered ? 0 : _cursor) + offset) % _entries.Length];
                long quarantine = Math.Max(0, entry.QuarantinedUntil - now);
                (int, int, int, int, long, int) rank = (
                    entry.Endpoint == failed.Last ? 1 : 0,
                    quarantine > 0 ? 1 : 0,
                    failed.HadTurn(entry.Endpoint) ? 1 : 0,
                    _order == EndpointOrder.Ordered ? 0 : Usage(entry, user),
                    quarantine,
                    _order == EndpointOrder.Shuffle ? Random.Shared.Next() : offset);
                if (best is null || rank.CompareTo(bestRank) < 0)
                {
                    best = entry;
                    bestRank = rank;
                }
            }

            _cursor = (Array.IndexOf(_entries, best) + 1) % _entries.Length;
            _usedBy[user] = best!;
            return best!.Endpoint;
        }
    }

    /// <summary>
    /// Chooses a node that fewer of the client's connections use than the one that the named connection is on, or in the fixed order one that comes earlier, and counts it there. Null when there is none: nothing changes.
    /// </summary>
    /// <remarks>Quarantine does not count: this is how a node that has returned is found. The pace is the caller's.</remarks>
    public RabbitEndpoint? NextBetter(string user, RabbitEndpoint current)
    {
        lock (_gate)
        {
            if (_mode == ConnectionMode.LoadBalancer || Find(current) is not { } from || !_usedBy.Remove(user))
            {
                return null;
            }

            Entry better = Better(from, user);
            _usedBy[user] = better;
            return better == from ? null : better.Endpoint;
        }
    }

    /// <summary>Notes that the named connection is, after all, where it was.</summary>
    public void Stayed(string user, RabbitEndpoint endpoint)
    {
        lock (_gate)
        {
            if (Find(endpoint) is { } entry)
            {
                _usedBy[user] = entry;
            }
        }
    }

    /// <summary>Whether the endpoint is in the list.</summary>
    public bool Knows(RabbitEndpoint endpoint)
    {
        lock (_gate)
        {
            return Find(endpoint) is not null;
        }
    }

    /// <summary>Whether there is another endpoint that is not avoided for the moment.</summary>
    public bool HasBeside(RabbitEndpoint endpoint)
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            return Array.Exists(_entries, entry => entry.Endpoint != endpoint && entry.QuarantinedUntil <= now);
        }
    }

    /// <summary>Takes other endpoints for the choices from now on; what is known of those that stay is kept.</summary>
    public void Replace(IReadOnlyList<RabbitEndpoint> endpoints, ConnectionMode mode = ConnectionMode.NodeList)
    {
        lock (_gate)
        {
            _mode = mode;
            _entries = [.. endpoints.Select(endpoint => Find(endpoint) ?? new Entry(endpoint))];
            _cursor = Random.Shared.Next(_entries.Length);
        }
    }

    /// <summary>The number of endpoints: that many attempts are one round.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Length;
            }
        }
    }

    /// <summary>Notes that the named connection is open where <see cref="Next"/> sent it.</summary>
    public void Succeeded(RabbitEndpoint endpoint)
    {
        lock (_gate)
        {
            if (Find(endpoint) is { } entry)
            {
                entry.Failures = 0;
                entry.QuarantinedUntil = 0;
            }
        }
    }

    /// <summary>
    /// Notes a failed attempt or a lost session. Nobody is to blame for credentials that the application's provider did not give. A proxy is to blame only when it cannot be reached itself: else it was a
    /// broker behind it, and the next one may be well.
    /// </summary>
    public void Failed(RabbitEndpoint endpoint, ConnectionFailureReason reason)
    {
        bool isItself = _mode != ConnectionMode.LoadBalancer && reason != ConnectionFailureReason.CredentialsUnavailable;
        if (isItself || reason is ConnectionFailureReason.Unreachable or ConnectionFailureReason.NameNotResolved)
        {
            Failed(endpoint);
        }
    }

    /// <summary>Notes that an endpoint is to blame: it is avoided for a while that grows with each failure in a row, but for an address that moves.</summary>
    public void Failed(RabbitEndpoint endpoint)
    {
        lock (_gate)
        {
            // An endpoint that is not in the list any more has nothing to be avoided for.
            if (_entries.Length == 1 || Find(endpoint) is not { } entry)
            {
                return;
            }

            entry.Failures = _mode == ConnectionMode.VirtualIp ? 1 : Math.Min(entry.Failures + 1, 16);
            double seconds = Math.Min(FirstQuarantine.TotalSeconds * Math.Pow(2, entry.Failures - 1), LongestQuarantine.TotalSeconds);
            entry.QuarantinedUntil = _time.GetTimestamp() + (long)(seconds * _time.TimestampFrequency);
        }
    }

    /// <summary>The endpoints, and whether each is avoided for the moment.</summary>
    public IReadOnlyList<(string Host, int Port, bool IsQuarantined)> Snapshot()
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            return [.. _entries.Select(entry => (entry.Endpoint.Host, entry.Endpoint.Port, entry.QuarantinedUntil > now))];
        }
    }

    /// <summary>Forgets where the named connection is.</summary>
    public void Released(string user)
    {
        lock (_gate)
        {
            _usedBy.Remove(user);
        }
    }

    private Entry Better(Entry from, string user)
    {
        if (_order == EndpointOrder.Ordered)
        {
            // Of those that come earlier the one that failed least, or a first that is gone for good would keep the second from being tried.
            return _entries.TakeWhile(entry => entry != from).MinBy(static entry => entry.Failures) ?? from;
        }

        Entry best = _entries.MinBy(entry => (Usage(entry, user), entry == from ? 0 : 1, entry.Failures))!;
        return Usage(best, user) < Usage(from, user) ? best : from;
    }

    private int Usage(Entry entry, string user)
    {
        int usage = 0;
        ReadOnlySpan<char> role = RoleOf(user);
        foreach ((string other, Entry used) in _usedBy)
        {
            if (used == entry)
            {
                // Two publish connections on one node would die together; sharing a node with the consumers costs less.
                usage += RoleOf(other).SequenceEqual(role) ? 100 : 1;
            }
        }

        return usage;
    }

    private static ReadOnlySpan<char> RoleOf(string user)
    {
        int dash = user.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? user : user.AsSpan(0, dash);
    }

    private Entry? Find(RabbitEndpoint endpoint) => Array.Find(_entries, entry => entry.Endpoint == endpoint);

    private sealed class Entry(RabbitEndpoint endpoint)
    {
        public RabbitEndpoint Endpoint { get; } = endpoint;

        public int Failures { get; set; }

        public long QuarantinedUntil { get; set; }
    }
}

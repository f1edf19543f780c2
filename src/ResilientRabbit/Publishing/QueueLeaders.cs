using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>
/// Which node leads the queue behind a destination, as the application's resolver said last. Looking it up here never waits: the resolver is asked in the background, one destination at a time,
/// and while it fails once in each interval only.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class QueueLeaders : IDisposable
{
    /// <summary>So many destinations are looked after; lanes that carry more have no single place to be at.</summary>
    public const int MaxDestinations = 64;

    /// <summary>An answer that could not be renewed counts for so many intervals, and so does a destination that nobody publishes to.</summary>
    public const int Patience = 3;

    /// <summary>So many calls that heed no token may hang; until one of them returns no other is made.</summary>
    public const int MostHanging = 3;

    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string Exchange, string RoutingKey), Entry> _entries = new();
    private readonly IQueueLeaderResolver _resolver;
    private readonly string _virtualHost;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeout;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly AsyncSignal _signal = new();
    private readonly CancellationTokenSource _stopping = new();
    private ITimer? _timer;
    private int _count;
    private int _started;
    private int _hanging;
    private long _toldAt;

    public QueueLeaders(IQueueLeaderResolver resolver, string virtualHost, TimeSpan interval, TimeSpan timeout, ILogger logger, TimeProvider time)
    {
        _resolver = resolver;
        _virtualHost = virtualHost;
        _interval = interval;
        _timeout = timeout;
        _logger = logger;
        _time = time;
    }

    /// <summary>Called after each round of questions.</summary>
    public Action? Refreshed { get; set; }

    /// <summary>Those of a client that has a resolver and connects to the nodes themselves; otherwise null.</summary>
    public static QueueLeaders? Of(ClientSettings settings, ILogger logger, TimeProvider time)
        => settings is { QueueLeaderResolver: { } resolver, ConnectionMode: ConnectionMode.NodeList }
            ? new QueueLeaders(resolver, settings.VirtualHost, settings.Publisher.LeaderRefreshInterval, settings.RequestTimeout, logger, time)
            : null;

    /// <summary>The leader's node; null when it is not known, or not yet.</summary>
    public string? NodeOf(string exchange, string routingKey)
    {
        if (_entries.TryGetValue((exchange, routingKey), out Entry? known))
        {
            known.IsUsed = true;
            return known.Node;
        }

        if (Volatile.Read(ref _count) < MaxDestinations && _entries.TryAdd((exchange, routingKey), new Entry()))
        {
            Interlocked.Increment(ref _count);
            Start();
            _signal.Set();
        }

        return null;
    }

    /// <summary>Asks no more.</summary>
    public void Dispose()
    {
        _ = SessionTidying.CancelAsync(_stopping);
        _timer?.Dispose();
        _signal.Set();
    }

    private void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            _timer = _time.CreateTimer(static state => ((AsyncSignal)state!).Set(), _signal, _interval, _interval);
            _ = Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            await _signal.WaitAsync().ConfigureAwait(false);
            try
            {
                await RefreshAsync().ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // A fault of ours: what is known grows old, and lanes stay where they are.
                Tell(exception);
            }

            Refreshed?.Invoke();
        }
    }

    private async Task RefreshAsync()
    {
        // A destination that was not answered goes behind the others, so that it does not keep them from theirs.
        // The dictionary's own copy: LINQ's fails when a destination is added meanwhile.
        foreach (((string Exchange, string RoutingKey) key, Entry entry) in _entries.ToArray().OrderBy(static found => found.Value.SeenTo))
        {
            if (_stopping.IsCancellationRequested || (entry.SeenTo != 0 && _time.GetElapsedTime(entry.SeenTo) < _interval / 2))
            {
                continue;
            }

            entry.SeenTo = _time.GetTimestamp();
            int idle = entry.CountIdle();
            if (idle >= Patience)
            {
                _entries.TryRemove(key, out _);
                Interlocked.Decrement(ref _count);
            }
            else if (idle == 0 && !await AskAsync(key, entry).ConfigureAwait(false))
            {
                Forget();
                return;
            }
        }
    }

    private async Task<bool> AskAsync((string Exchange, string RoutingKey) key, Entry entry)
    {
        if (Volatile.Read(ref _hanging) >= MostHanging)
        {
            Tell(new TimeoutException("The former calls have not returned."));
            return false;
        }

        Task<string?>? call = null;
        try
        {
            using var limit = new CancellationTokenSource(_timeout, _time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
            using var token = new ApplicationToken(_logger, repeats: null, either.Token);
            var query = new QueueLeaderQuery(_virtualHost, key.Exchange, key.RoutingKey);
            call = Task.Run(() => _resolver.ResolveAsync(query, token.Token).AsTask(), CancellationToken.None);
            SessionTidying.ObserveLater(call);
            string? node = await call.WaitAsync(either.Token).ConfigureAwait(false);
            entry.Node = string.IsNullOrWhiteSpace(node) ? null : node;
            entry.AnsweredAt = _time.GetTimestamp();
            return true;
        }
        catch (Exception exception)
        {
            if (call is { IsCompleted: false })
            {
                Interlocked.Increment(ref _hanging);
                _ = call.ContinueWith(_ => Interlocked.Decrement(ref _hanging), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            Tell(exception);
            return false;
        }
    }

    private void Tell(Exception exception)
    {
        if (!_stopping.IsCancellationRequested && (_toldAt == 0 || _time.GetElapsedTime(_toldAt) >= LogInterval))
        {
            _toldAt = _time.GetTimestamp();
            ClientTelemetry.Safely((_logger, exception), static it => it._logger.QueueLeaderUnknown(it.exception.GetType().Name));
        }
    }

    /// <summary>What was said too long ago does not count any more.</summary>
    private void Forget()
    {
        foreach (Entry entry in _entries.Values.Where(entry => entry.Node is not null && _time.GetElapsedTime(entry.AnsweredAt) >= Patience * _interval))
        {
            entry.Node = null;
        }
    }

    private sealed class Entry
    {
        private volatile bool _isUsed = true;
        private volatile string? _node;
        private int _idle;

        public string? Node
        {
            get => _node;
            set => _node = value;
        }

        public bool IsUsed
        {
            set
            {
                // Read first: the writers of all lanes come by here.
                if (!_isUsed)
                {
                    _isUsed = value;
                }
            }
        }

        /// <summary>When a round last came by; 0 for never.</summary>
        public long SeenTo { get; set; }

        public long AnsweredAt { get; set; }

        /// <summary>For how many rounds nobody has published to the destination.</summary>
        public int CountIdle()
        {
            _idle = _isUsed ? 0 : _idle + 1;
            _isUsed = false;
            return _idle;
        }
    }
}

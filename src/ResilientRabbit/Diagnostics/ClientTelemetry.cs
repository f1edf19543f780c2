using System.Diagnostics.Metrics;

namespace ResilientRabbit.Diagnostics;

/// <summary>What one client measures. Thread-safe; whoever listens cannot break what is measured.</summary>
internal sealed class ClientTelemetry : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _blockedSince = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _downSince = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConnectionFailureReason?> _lossReasons = new(StringComparer.Ordinal);
    private readonly KeyValuePair<string, object?> _system = TelemetryTags.Of(TelemetryTags.System, TelemetryTags.SystemRabbit);
    private TimeSpan _blocked;

    public ClientTelemetry(string name, IMeterFactory? meters, TimeProvider time)
        : this(Instruments.For(meters), time)
        => NameTag = TelemetryTags.Of(TelemetryTags.Client, Instruments.Add(this, name));

    private ClientTelemetry(Instruments instruments, TimeProvider time) => (Instruments, _time) = (instruments, time);

    /// <summary>For parts that are used without a client: measures nothing.</summary>
    public static ClientTelemetry None { get; } = new(Instruments.Nowhere, TimeProvider.System);

    public Instruments Instruments { get; }

    /// <summary>Unique among the living clients of the meter.</summary>
    public string Name { get; set; } = "";

    public KeyValuePair<string, object?> NameTag { get; }

    /// <summary>What is read when somebody collects; null until the client is complete, and after its end.</summary>
    public IMeasuredClient? Measured { get; set; }

    /// <summary>How long the broker has blocked publishing, of all connections together.</summary>
    public TimeSpan BlockedTime
    {
        get
        {
            lock (_gate)
            {
                return _blockedSince.Values.Aggregate(_blocked, (sum, since) => sum + _time.GetElapsedTime(since));
            }
        }
    }

    /// <summary>The status with what only the changes tell.</summary>
    public ConnectionStatus Complete(ConnectionStatus status)
    {
        lock (_gate)
        {
            return status.State is not (ConnectionState.Connected or ConnectionState.Disconnected or ConnectionState.Closed) && _downSince.TryGetValue(status.Name, out DateTimeOffset since)
                ? status with { DownSince = since }
                : status;
        }
    }

    /// <summary>What a connection is for, without its number: <c>publish</c> or <c>consume</c>.</summary>
    public static string RoleOf(string connection)
    {
        string role = connection[(connection.LastIndexOf(':') + 1)..];
        int dash = role.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? role : role[..dash];
    }

    /// <summary>Calls a listener's code, whose exceptions are its own.</summary>
    public static void Safely<T>(T state, Action<T> measure)
    {
        try
        {
            measure(state);
        }
        catch (Exception)
        {
            // Measuring never breaks what is measured.
        }
    }

    /// <summary>Takes note of a change of one connection; called by its supervisor's loop.</summary>
    public void OnStatusChanged(ConnectionStatus previous, ConnectionStatus current)
    {
        ConnectionFailureReason? reason = null;
        bool isBack = false;
        lock (_gate)
        {
            Block(current.Name, current.BlockedReason is not null);
            if (current.State is ConnectionState.Connected or ConnectionState.Closed)
            {
                _downSince.Remove(current.Name);
            }
            else
            {
                _downSince.TryAdd(current.Name, _time.GetUtcNow());
            }

            if (previous.State == ConnectionState.Connected && current.State == ConnectionState.Reconnecting)
            {
                _lossReasons[current.Name] = current.LastFailure;
            }
            else if (current.State == ConnectionState.Connected)
            {
                isBack = _lossReasons.Remove(current.Name, out reason);
            }
        }

        if (isBack)
        {
            Count(Instruments.Reconnects, TelemetryTags.Of(TelemetryTags.Role, RoleOf(current.Name)), TelemetryTags.Of(TelemetryTags.Reason, reason?.ToString() ?? TelemetryTags.Other));
        }
    }

    /// <summary>A lane has gone on over another connection.</summary>
    public void LaneMoved(string reason) => Count(Instruments.LaneMoves, TelemetryTags.Of(TelemetryTags.Reason, reason));

    /// <summary>A subscription was set up again.</summary>
    public void Resubscribed(string queue, string cause)
        => Count(Instruments.Resubscribes, TelemetryTags.Of(TelemetryTags.Destination, queue), TelemetryTags.Of(TelemetryTags.Reason, cause));

    public void StaleAcks(string queue, int count)
    {
        if (Instruments.StaleAcks.Enabled)
        {
            Safely((Self: this, queue, count), static it => it.Self.Instruments.StaleAcks.Add(it.count, it.Self.NameTag, TelemetryTags.Of(TelemetryTags.Destination, it.queue)));
        }
    }

    public void Nacked(string exchange) => CountMessage(Instruments.Nacked, exchange);

    public void Returned(string exchange) => CountMessage(Instruments.Returned, exchange);

    /// <summary>The application was given a message that it had asked for.</summary>
    public void Pulled(string queue, bool isRedelivered)
    {
        if (!Instruments.ConsumedMessages.Enabled && !Instruments.Redelivered.Enabled)
        {
            return;
        }

        Safely((Self: this, isRedelivered, Tags: TagsOf(queue, TelemetryTags.Receive)), static it =>
        {
            it.Self.Instruments.ConsumedMessages.Add(1, it.Tags);
            it.Self.Instruments.Redelivered.Add(it.isRedelivered ? 1 : 0, it.Tags);
        });
    }

    /// <summary>A handler was given a message and has returned.</summary>
    public void Processed(string queue, bool isRedelivered, TimeSpan duration, string? errorType)
    {
        System.Diagnostics.TagList tags = TagsOf(queue, TelemetryTags.Process);
        if (errorType is not null)
        {
            tags.Add(TelemetryTags.ErrorType, errorType);
        }

        Safely((Self: this, isRedelivered, duration, tags), static it =>
        {
            Instruments all = it.Self.Instruments;
            all.ConsumedMessages.Add(1, it.tags);
            all.Redelivered.Add(it.isRedelivered ? 1 : 0, it.tags);
            it.tags.Add(TelemetryTags.OperationType, TelemetryTags.Process);
            all.ProcessDuration.Record(it.duration.TotalSeconds, it.tags);
        });
    }

    public void Dispose()
    {
        Measured = null;
        Instruments.Remove(this);
    }

    private System.Diagnostics.TagList TagsOf(string queue, string operation)
        => new() { _system, TelemetryTags.Of(TelemetryTags.OperationName, operation), TelemetryTags.Of(TelemetryTags.Destination, queue), NameTag };

    private void CountMessage(Counter<long> counter, string exchange) => Count(counter, TelemetryTags.Of(TelemetryTags.Destination, TelemetryTags.ExchangeName(exchange)), _system);

    private void Count(Counter<long> counter, KeyValuePair<string, object?> first, KeyValuePair<string, object?>? second = null)
    {
        if (!counter.Enabled)
        {
            return;
        }

        Safely((counter, NameTag, first, second), static it =>
        {
            if (it.second is { } second)
            {
                it.counter.Add(1, it.NameTag, it.first, second);
            }
            else
            {
                it.counter.Add(1, it.NameTag, it.first);
            }
        });
    }

    private void Block(string connection, bool isBlocked)
    {
        if (isBlocked)
        {
            _blockedSince.TryAdd(connection, _time.GetTimestamp());
        }
        else if (_blockedSince.Remove(connection, out long since))
        {
            _blocked += _time.GetElapsedTime(since);
        }
    }
}

using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>
/// While a session lives: looks whether it should be elsewhere, and opens the session that takes its place. Because its endpoint was removed, which is
/// insisted upon; because a node is free again that nobody uses, which is tried once in a while; or because its address has moved away (<see cref="MovedAddress"/>).
/// </summary>
/// <remarks>Made for one session by its supervisor's loop; only <see cref="EndpointsChanged"/> is called from elsewhere.</remarks>
internal sealed class SuccessorSearch
{
    private readonly string _role;
    private readonly ConnectionEpoch _epoch;
    private readonly RabbitEndpoint _current;
    private readonly TimeSpan? _failBackDelay;
    private readonly ConnectAttempts _attempts;
    private readonly EndpointSelector _selector;
    private readonly TimeProvider _time;
    private readonly CancellationToken _closing;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _takenBack = new();
    private readonly TaskCompletionSource _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _decided;

    public SuccessorSearch(
        string role, ConnectionEpoch epoch, TimeSpan? failBackDelay, ConnectAttempts attempts, EndpointSelector selector, TimeProvider time, CancellationToken closing)
    {
        _role = role;
        _epoch = epoch;
        _current = epoch.Endpoint;
        _failBackDelay = failBackDelay;
        _attempts = attempts;
        _selector = selector;
        _time = time;
        _closing = closing;
    }

    /// <summary>True when the current endpoint is in the configuration no more.</summary>
    public bool IsRemoval { get; private set; }

    /// <summary>True when the current endpoint was removed and is in the configuration again: the search is over, and the session may stay.</summary>
    public bool IsTakenBack => _takenBack.IsCancellationRequested;

    /// <summary>Why the current session is lost although nobody has said so: its address has moved. Set before <see cref="Found"/> completes.</summary>
    public ConnectionLoss? Loss { get; private set; }

    /// <summary>Completes with the session that is to take the place of the current one; null when the search was stopped. Never faults but for faults of ours.</summary>
    public Task<ConnectionEpoch?> Found { get; private set; } = Task.FromResult<ConnectionEpoch?>(null);

    public void Start()
    {
        EndpointsChanged();
        Found = RunAsync();
    }

    /// <summary>The list of endpoints has changed. Any thread.</summary>
    public void EndpointsChanged()
    {
        if (!_selector.Knows(_current))
        {
            _removed.TrySetResult();
        }
        else if (_removed.Task.IsCompleted)
        {
            _ = SessionTidying.CancelAsync(_takenBack);
        }
    }

    /// <summary>The current session is lost. What is returned is an attempt under way that is as good as any other; null when there is none.</summary>
    public Task<ConnectionEpoch?>? Detach()
    {
        if (!Decide())
        {
            return Found;
        }

        // Not waited for: a planned attempt that hangs must not hold up the failover.
        _ = SessionTidying.CancelAsync(_stop);
        _ = KillLateAsync(Found);
        return null;
    }

    /// <summary>Closes what was found, if anything was, for a client that is closing: nobody takes its place any more.</summary>
    public static async Task CloseLateAsync(Task<ConnectionEpoch?>? result)
    {
        try
        {
            if (result is not null && await result.ConfigureAwait(false) is { IsDead: false } late)
            {
                await late.CloseAsync(TimeSpan.Zero).ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // Nothing was found, and the client is being closed: how it ends is of no interest.
        }
    }

    private static async Task KillLateAsync(Task<ConnectionEpoch?> result)
    {
        if (await result.ConfigureAwait(false) is { } late)
        {
            Discard(late);
        }
    }

    private static ConnectionEpoch? Discard(ConnectionEpoch epoch)
    {
        epoch.Kill(new ConnectionLoss(ConnectionFailureReason.ClientClosed, "Nobody needs it any more."));
        return null;
    }

    private async Task<ConnectionEpoch?> RunAsync()
    {
        // Not a linked source: the client's token would hold on to one for each session that there ever was.
        using CancellationTokenRegistration end = _closing.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _stop);
        Task<ConnectionEpoch?> planned = PlanAsync();
        if (!_epoch.AddressMoves)
        {
            return await planned.ConfigureAwait(false);
        }

        Task<ConnectionEpoch?> moved = FollowAsync();
        Task<ConnectionEpoch?> first = await Task.WhenAny(planned, moved).ConfigureAwait(false);
        ConnectionEpoch? found = await first.ConfigureAwait(false) ?? await (first == planned ? moved : planned).ConfigureAwait(false);
        await SessionTidying.CancelAsync(_stop).ConfigureAwait(false);
        return found;
    }

    /// <summary>True for the first who asks: only one session takes the place.</summary>
    private bool Decide() => Interlocked.Exchange(ref _decided, 1) == 0;

    private async Task<ConnectionEpoch?> FollowAsync()
    {
        try
        {
            ConnectionEpoch found = await _attempts.Beside(_epoch).FindAsync(_stop.Token).ConfigureAwait(false);
            if (Decide())
            {
                Loss = new ConnectionLoss(ConnectionFailureReason.Silent, "What was sent is not acknowledged, and a second connection to the same address is.");
                return found;
            }

            Discard(found);
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Nobody needs it any more, and what is cut off ends with whatever it likes.
        }

        return null;
    }

    private async Task<ConnectionEpoch?> PlanAsync()
    {
        try
        {
            while (!await IsRemovedAsync().ConfigureAwait(false))
            {
                if (_selector.NextBetter(_role, _current) is { } better)
                {
                    if (await TryAsync(better).ConfigureAwait(false) is { } epoch)
                    {
                        return Decide() ? epoch : Discard(epoch);
                    }

                    if (!_stop.IsCancellationRequested)
                    {
                        // Else the supervisor chooses by now.
                        _selector.Stayed(_role, _current);
                    }
                }
            }

            return Decide() ? await ReplaceAsync().ConfigureAwait(false) : null;
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // What is cut off ends with whatever it likes.
            return null;
        }
    }

    /// <summary>The supervisor's own attempts from here on: they end with the client, not with the session, and when the endpoint is in the list again.</summary>
    private async Task<ConnectionEpoch?> ReplaceAsync()
    {
        IsRemoval = true;
        using var attempts = CancellationTokenSource.CreateLinkedTokenSource(_closing, _takenBack.Token);
        try
        {
            return await _attempts.ConnectAsync(attempts.Token).ConfigureAwait(false);
        }
        catch (Exception) when (IsTakenBack && !_closing.IsCancellationRequested)
        {
            _selector.Stayed(_role, _current);
            _ = SessionTidying.CancelAsync(_stop);
            return null;
        }
    }

    /// <summary>One attempt that nobody needs: given up when the current endpoint is removed meanwhile, because then it must be left, and another one may answer at once.</summary>
    private async Task<ConnectionEpoch?> TryAsync(RabbitEndpoint better)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task<ConnectionEpoch?> trying = _attempts.TryAsync(better, attempt.Token);
        if (await Task.WhenAny(trying, _removed.Task).ConfigureAwait(false) != trying)
        {
            await SessionTidying.CancelAsync(attempt).ConfigureAwait(false);
        }

        try
        {
            return await trying.ConfigureAwait(false);
        }
        catch (Exception) when (attempt.IsCancellationRequested && !_stop.IsCancellationRequested)
        {
            // What is cut off ends with whatever it likes.
            return null;
        }
    }

    /// <summary>Waits for the removal, or for the time to look round.</summary>
    private async Task<bool> IsRemovedAsync()
    {
        // Up to a quarter longer: clients that were lost together must not return together.
        TimeSpan pause = _failBackDelay is { } delay ? delay * (1 + (Random.Shared.NextDouble() / 4)) : Timeout.InfiniteTimeSpan;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task timer = Task.Delay(pause < ProblemList.LongestDuration ? pause : ProblemList.LongestDuration, _time, waiting.Token);
        await Task.WhenAny(_removed.Task, timer).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        _stop.Token.ThrowIfCancellationRequested();
        return _removed.Task.IsCompleted;
    }
}

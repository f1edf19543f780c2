using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>
/// While a session lives: looks whether it should be elsewhere, and opens the session that takes its place. Because its endpoint was removed, which is
/// insisted upon; or because a node is free again that nobody uses, which is tried once in a while.
/// </summary>
/// <remarks>Made for one session by its supervisor's loop; only <see cref="EndpointsChanged"/> is called from elsewhere.</remarks>
internal sealed class SuccessorSearch
{
    private readonly string _role;
    private readonly RabbitEndpoint _current;
    private readonly TimeSpan? _failBackDelay;
    private readonly ConnectAttempts _attempts;
    private readonly EndpointSelector _selector;
    private readonly TimeProvider _time;
    private readonly CancellationToken _closing;
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SuccessorSearch(
        string role, RabbitEndpoint current, TimeSpan? failBackDelay, ConnectAttempts attempts, EndpointSelector selector, TimeProvider time, CancellationToken closing)
    {
        _role = role;
        _current = current;
        _failBackDelay = failBackDelay;
        _attempts = attempts;
        _selector = selector;
        _time = time;
        _closing = closing;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(closing);
    }

    /// <summary>True when the current endpoint is in the configuration no more.</summary>
    public bool IsRemoval { get; private set; }

    /// <summary>Completes with the session that is to take the place of the current one; null when the search was stopped. Never faults but for faults of ours.</summary>
    public Task<ConnectionEpoch?> Result { get; private set; } = Task.FromResult<ConnectionEpoch?>(null);

    public void Start()
    {
        EndpointsChanged();
        Result = RunAsync();
    }

    /// <summary>The list of endpoints has changed. Any thread.</summary>
    public void EndpointsChanged()
    {
        if (!_selector.Knows(_current))
        {
            _removed.TrySetResult();
        }
    }

    /// <summary>The current session is lost. What is returned is an attempt under way that is as good as any other; null when there is none.</summary>
    public Task<ConnectionEpoch?>? Detach()
    {
        if (IsRemoval)
        {
            return Result;
        }

        // Not waited for: a planned attempt that hangs must not hold up the failover.
        _ = _stop.CancelAsync();
        _ = KillLateAsync(Result);
        return null;
    }

    private static async Task KillLateAsync(Task<ConnectionEpoch?> result)
    {
        if (await result.ConfigureAwait(false) is { } late)
        {
            late.Kill(new ConnectionLoss(ConnectionFailureReason.ClientClosed, "Nobody needs it any more."));
        }
    }

    private async Task<ConnectionEpoch?> RunAsync()
    {
        try
        {
            while (!await IsRemovedAsync().ConfigureAwait(false))
            {
                if (_selector.NextBetter(_role, _current) is { } better)
                {
                    if (await _attempts.TryAsync(better, _stop.Token).ConfigureAwait(false) is { } epoch)
                    {
                        return epoch;
                    }

                    _selector.Stayed(_role, _current);
                }
            }

            // The supervisor's own attempts from here on: they end with the client, not with the session.
            IsRemoval = true;
            return await _attempts.ConnectAsync(_closing).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
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

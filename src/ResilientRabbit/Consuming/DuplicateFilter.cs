using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>Lets each message through to its handler until one run has ended with an acknowledgement. While one copy is being handled, another one waits for its result.</summary>
internal sealed class DuplicateFilter(DeduplicationOptions options, ILogger logger, TimeProvider time)
{
    /// <summary>Bounds the log.</summary>
    public RepeatLimit Repeats { get; init; } = new(time);

    private readonly IDeduplicationStore _store = options.Store ?? new MemoryDeduplicationStore(options.Capacity, options.MaxAge, time);
    private readonly Dictionary<string, TaskCompletionSource> _running = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>What identifies a message; null when it is not to be compared.</summary>
    public string? KeyOf(ReceivedMessage message)
    {
        if (options.Key is null)
        {
            // The length keeps "ab" + "c" and "a" + "bc" apart.
            return message.MessageId is { Length: > 0 } id ? FormattableString.Invariant($"{message.AppId?.Length ?? 0}:{message.AppId}{id}") : null;
        }

        try
        {
            return options.Key(message);
        }
        catch (Exception exception)
        {
            TellFailed(exception, message);
            return null;
        }
    }

    /// <summary>Waits until no copy is being handled.</summary>
    /// <returns>True when this one is to be handled: <see cref="LeaveAsync"/> is due. False when it was handled before.</returns>
    /// <exception cref="OperationCanceledException">The message's channel is gone.</exception>
    public async ValueTask<bool> TryEnterAsync(string key, ReceivedMessage message, CancellationToken gone)
    {
        while (Claim(key) is { } other)
        {
            await other.WaitAsync(gone).ConfigureAwait(false);
        }

        bool isKnown = false;
        try
        {
            isKnown = await _store.ContainsAsync(key, gone).ConfigureAwait(false);
        }
        catch (Exception exception) when (!gone.IsCancellationRequested)
        {
            TellFailed(exception, message);
        }
        catch (Exception)
        {
            Release(key);
            throw;
        }

        if (isKnown)
        {
            Release(key);
        }

        return !isKnown;
    }

    /// <summary>Ends a run. Never throws.</summary>
    public async ValueTask LeaveAsync(string key, ReceivedMessage message, bool isAcknowledged)
    {
        try
        {
            if (isAcknowledged)
            {
                await _store.AddAsync(key, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            TellFailed(exception, message);
        }
        finally
        {
            Release(key);
        }
    }

    /// <summary>Takes the key; when another copy has it, returns a task that completes with that one's run.</summary>
    private Task? Claim(string key)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(key, out TaskCompletionSource? other))
            {
                return other.Task;
            }

            _running.Add(key, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            return null;
        }
    }

    private void TellFailed(Exception exception, ReceivedMessage message)
    {
        LogLevel level = Repeats.LevelOf(LogLevel.Warning, $"deduplication|{message.Queue}|{exception.GetType()}", out int repeats);
        logger.DeduplicationFailed(level, exception, message.LogId, message.Queue, repeats);
    }

    private void Release(string key)
    {
        TaskCompletionSource? mine;
        lock (_lock)
        {
            _running.Remove(key, out mine);
        }

        mine?.TrySetResult();
    }
}

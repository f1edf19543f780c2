namespace ResilientRabbit.Connections;

/// <summary>The session of one connection at the moment, and those who wait for it. Set by the supervisor's loop only, read by anybody.</summary>
internal sealed class SessionHolder
{
    private TaskCompletionSource<ConnectionEpoch> _opened = NewSource();
    private ConnectionEpoch? _current;
    private volatile bool _closed;

    /// <summary>The live session, or null while there is none.</summary>
    public ConnectionEpoch? Current => Last is { IsDead: false } epoch ? epoch : null;

    /// <summary>The session that was set last, also when it has died and the loop has not yet seen it.</summary>
    public ConnectionEpoch? Last => Volatile.Read(ref _current);

    public void Set(ConnectionEpoch epoch)
    {
        if (Last is not null)
        {
            // In the place of another one: who asks from now on gets this.
            Volatile.Write(ref _opened, NewSource());
        }

        Volatile.Write(ref _current, epoch);
    }

    /// <summary>Tells those who wait.</summary>
    public void Announce(ConnectionEpoch epoch) => Volatile.Read(ref _opened).TrySetResult(epoch);

    public void Clear()
    {
        Volatile.Write(ref _opened, NewSource());
        Volatile.Write(ref _current, null);
    }

    /// <summary>Nobody need wait any more.</summary>
    public void Close()
    {
        _closed = true;
        TaskCompletionSource<ConnectionEpoch> opened = Volatile.Read(ref _opened);
        opened.TrySetException(new ObjectDisposedException(nameof(RabbitClient)));
        _ = opened.Task.Exception;
    }

    /// <summary>Waits for a live session.</summary>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public async ValueTask<ConnectionEpoch> WaitAsync(CancellationToken closing, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Current is { } epoch)
            {
                return epoch;
            }

            ObjectDisposedException.ThrowIf(_closed || closing.IsCancellationRequested, typeof(RabbitClient));
            epoch = await Volatile.Read(ref _opened).Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (!epoch.IsDead)
            {
                return epoch;
            }

            // Lost between its opening and this line; the loop replaces the source when it has seen the loss.
            await epoch.Lost.WaitAsync(cancellationToken).ConfigureAwait(false);
            await Task.Yield();
        }
    }

    private static TaskCompletionSource<ConnectionEpoch> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

using ResilientRabbit.Connections;
using ResilientRabbit.Tests.Connections;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A broker session without a broker.</summary>
internal sealed class FakePublishSession(FakeSessionSource source) : IPublishSession
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _dead = new();
    private readonly List<FakePublishChannel> _channels = [];
    private bool _isBlocked;
    private int _blockedReads;

    public Watch Watch => source.Watch;

    public CancellationToken Dead => _dead.Token;

    public bool IsDead => _dead.IsCancellationRequested;

    public bool IsBlocked
    {
        get
        {
            // A writer looks here at the top of each round: so a test can see that it has come round.
            Interlocked.Increment(ref _blockedReads);
            Watch.Changed();
            return Volatile.Read(ref _isBlocked);
        }
    }

    public IReadOnlyList<FakePublishChannel> Channels
    {
        get
        {
            lock (_gate)
            {
                return [.. _channels];
            }
        }
    }

    /// <summary>The channel opened last.</summary>
    public FakePublishChannel Channel => Channels[^1];

    /// <summary>What was written on all channels, in order of the channels.</summary>
    public IReadOnlyList<WrittenMessage> Writes => [.. Channels.SelectMany(static channel => channel.Writes)];

    /// <summary>Called with each message before it counts as handed over: a task that is not null is what the write returns instead.</summary>
    public Func<WrittenMessage, Task?>? Fail { get; set; }

    /// <summary>What the write of a message that was handed over returns; null when it completes at once.</summary>
    public Func<WrittenMessage, Task?>? Accept { get; set; }

    /// <summary>Called inside each write: an answer given here comes before the write has returned.</summary>
    public Action<FakePublishChannel, WrittenMessage>? OnWrite { get; set; }

    /// <summary>Thrown by the next attempts to open a channel.</summary>
    public Exception? OpenError { get; set; }

    public Task<IPublishChannel> OpenPublishChannelAsync(IConfirmSink sink, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (OpenError is { } error)
        {
            return Task.FromException<IPublishChannel>(error);
        }

        var channel = new FakePublishChannel(this, sink);
        lock (_gate)
        {
            _channels.Add(channel);
        }

        Watch.Changed();
        return Task.FromResult<IPublishChannel>(channel);
    }

    public void Wrote(FakePublishChannel channel, WrittenMessage message)
    {
        OnWrite?.Invoke(channel, message);
        Watch.Changed();
    }

    public void Block(bool isBlocked)
    {
        Volatile.Write(ref _isBlocked, isBlocked);
        source.Raise();
    }

    /// <summary>The session is lost.</summary>
    public void Kill()
    {
        _dead.Cancel();
        source.Lose(this);
    }

    /// <summary>Waits until at least this many messages were written on the session, on whichever channels.</summary>
    public Task WrittenAsync(int count) => Watch.UntilAsync(() => Channels.Sum(static channel => channel.Count) >= count, $"{count} messages written");

    /// <summary>Waits until the writer that uses this session has come to rest: it went through whole rounds and found nothing to do.</summary>
    public async Task QuietAsync()
    {
        for (int round = 0; round < 3; round++)
        {
            int seen = Volatile.Read(ref _blockedReads);
            source.Raise();
            await Watch.UntilAsync(() => Volatile.Read(ref _blockedReads) > seen, "the writer comes round");
        }
    }

    /// <summary>Acknowledges each message inside its write.</summary>
    public FakePublishSession AckAll()
    {
        OnWrite = static (channel, message) => channel.Ack(message.Tag);
        return this;
    }
}

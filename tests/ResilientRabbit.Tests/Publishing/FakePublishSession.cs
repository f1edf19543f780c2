using ResilientRabbit.Configuration;
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
    private int _opened;

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

    public string? NodeName { get; set; }

    public RabbitEndpoint? Server { get; set; }

    public TimeSpan WriteStall { get; set; }

    public TimeSpan Silence { get; set; }

    public bool IsUnanswered { get; set; }

    public bool HasUnread { get; set; }

    public int Pokes { get; private set; }

    public void Poke() => Pokes++;

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

    /// <summary>Called with each message that is added to a run: what it returns is thrown, as for one that cannot be encoded.</summary>
    public Func<WrittenMessage, Exception?>? Fail { get; set; }

    /// <summary>Called with each run that is sent: true when the channel is gone and takes nothing of it.</summary>
    public Func<FakePublishChannel, bool>? Refuse { get; set; }

    /// <summary>False: the transport is full, or the broker reads no more.</summary>
    public bool HasRoom { get; private set; } = true;

    /// <summary>Called inside each write: an answer given here comes before the write has returned.</summary>
    public Action<FakePublishChannel, WrittenMessage>? OnWrite { get; set; }

    /// <summary>Thrown by the next attempts to open a channel.</summary>
    public Exception? OpenError { get; set; }

    /// <summary>Completes when a channel can be opened.</summary>
    public Task Opening { get; set; } = Task.CompletedTask;

    /// <summary>How many channels were asked for.</summary>
    public int Opened => Volatile.Read(ref _opened);

    public async Task<IPublishChannel> OpenPublishChannelAsync(IConfirmSink sink, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _opened);
        Watch.Changed();
        await Opening.WaitAsync(cancellationToken);
        if (OpenError is { } error)
        {
            throw error;
        }

        var channel = new FakePublishChannel(this, sink);
        lock (_gate)
        {
            _channels.Add(channel);
        }

        Watch.Changed();
        return channel;
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

    public void SetRoom(bool hasRoom)
    {
        HasRoom = hasRoom;
        foreach (FakePublishChannel channel in hasRoom ? Channels : [])
        {
            channel.MakeRoom();
        }
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
        // It looks up to four times in a round, and the first may be one that was under way.
        for (int look = 0; look < 3 * 4; look++)
        {
            int seen = Volatile.Read(ref _blockedReads);
            source.Raise();
            await Watch.UntilAsync(() => Volatile.Read(ref _blockedReads) > seen, "the writer comes round");
        }
    }

    /// <summary>Acknowledges each message inside its write.</summary>
    public void AckAll() => OnWrite = static (channel, message) => channel.Ack(message.Tag);
}

using ResilientRabbit.Declaring;

namespace ResilientRabbit.Consuming;

/// <summary>
/// When a consumer is to be replaced although nothing seems wrong. RabbitMQ 3.10's channel drops deliveries whose numbers it has seen from the deleted queue of the same name;
/// they then count neither as ready nor as ours, so that no answer of the broker shows it.
/// </summary>
/// <param name="settings">The subscription.</param>
/// <param name="findQueue">The declaration of the queue; null when it is not ours.</param>
/// <param name="time">The clock.</param>
internal sealed class IdleRefresh(ConsumerSettings settings, Func<QueueSpec?> findQueue, TimeProvider time)
{
    private const string SwallowingVersions = "3.";
    private const string SingleActiveConsumer = "x-single-active-consumer";
    private const string StreamOffset = "x-stream-offset";

    /// <summary>With the interval of the calm watch it makes the 30 seconds in which a consumer that gets nothing is found.</summary>
    private static readonly TimeSpan SwallowedAfter = TimeSpan.FromSeconds(20);

    /// <summary>At the end of a stream it is done at once, for the queue may just have been created again; but not after each of the bursts in which messages may come.</summary>
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(10);

    private bool _hasStreamEnded;
    private long _quietSince;
    private long? _refreshedAt;

    /// <summary>After how long a silence; null for never.</summary>
    public TimeSpan? After { get; private set; }

    /// <summary>Whether the end of a stream is to be seen early.</summary>
    public bool WatchesStreams { get; private set; }

    /// <summary>How long the end of a stream, if there was one, is to wait for its turn; null: there was none.</summary>
    public TimeSpan? Pause => !_hasStreamEnded ? null : _refreshedAt is { } last && Spacing - time.GetElapsedTime(last) is { Ticks: > 0 } rest ? rest : TimeSpan.Zero;

    /// <summary>Whether it is time, if nothing has come meanwhile.</summary>
    public bool IsDue => After is { } limit && (time.GetElapsedTime(_quietSince) >= limit || Pause == TimeSpan.Zero);

    /// <summary>Whether the declaration says that the queue serves one consumer at a time.</summary>
    public bool IsDeclaredSingleActive => findQueue() is { } spec && spec.Arguments.TryGetValue(SingleActiveConsumer, out object? value) && value is true;

    /// <summary>Whether it is a stream: the broker then counts all that the stream holds, and no consumer (<c>rabbit_stream_queue:stat</c>).</summary>
    public bool IsStream => settings.Arguments.ContainsKey(StreamOffset) || (findQueue() is { } spec && QueueArguments.IsStream(spec));

    /// <summary>Begins anew with another consumer.</summary>
    /// <param name="brokerVersion">What the broker calls its version.</param>
    public void Restart(string? brokerVersion)
    {
        // Not of a single active consumer: the next one would become active.
        bool maySwallow = findQueue() is { } spec && QueueArguments.IsQuorum(spec) && !IsDeclaredSingleActive && brokerVersion?.StartsWith(SwallowingVersions, StringComparison.Ordinal) == true;
        After = (settings.RefreshIdleAfter ?? (maySwallow ? SwallowedAfter : Timeout.InfiniteTimeSpan)) is var limit && limit > TimeSpan.Zero ? limit : null;
        WatchesStreams = maySwallow && After is not null;
        NoteMessages();
    }

    /// <summary>Messages have come.</summary>
    public void NoteMessages() => (_quietSince, _hasStreamEnded) = (time.GetTimestamp(), false);

    /// <summary>A stream has ended, and the broker sees nothing wrong with that.</summary>
    public void NoteStreamEnd() => _hasStreamEnded = WatchesStreams;

    /// <summary>The consumer is replaced.</summary>
    public void NoteRefresh() => _refreshedAt = time.GetTimestamp();
}

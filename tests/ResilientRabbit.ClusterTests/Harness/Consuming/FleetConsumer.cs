using System.Collections.Concurrent;
using System.Diagnostics;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>One subscription under test, and what its handler saw.</summary>
public sealed class FleetConsumer(QueueKind kind, string label, string queue, RabbitClient client) : IMessageHandler
{
    private readonly ConcurrentDictionary<string, int> _runs = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(long Submitted, long Handled)> _handled = new();
    private ISubscription? _subscription;
    private int _finished;
    private int _redelivered;

    public QueueKind Kind => kind;

    public string Label => $"{kind} {label}";

    /// <summary>How it reaches the cluster.</summary>
    public string Way => label;

    public string Queue => queue;

    public SubscriptionStatus Status => _subscription!.Status;

    /// <summary>Handler runs that have returned <see cref="Settlement.Ack"/>.</summary>
    public int FinishedRuns => Volatile.Read(ref _finished);

    /// <summary>Handler runs whose message the broker had delivered before.</summary>
    public int RedeliveredRuns => Volatile.Read(ref _redelivered);

    public bool HasHandled(string id) => _runs.ContainsKey(id);

    public async Task StartAsync(ConsumerOptions options, CancellationToken cancellationToken)
        => _subscription = await client.SubscribeAsync(queue, this, options, cancellationToken);

    public Task StopAsync() => _subscription!.StopAsync();

    public async ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        _runs.AddOrUpdate(message.MessageId!, 1, static (_, count) => count + 1);
        if (message.Redelivered)
        {
            Interlocked.Increment(ref _redelivered);
        }

        long submitted = BitConverter.ToInt64(message.Body.Span);

        // So that there is always something in work when the fault strikes. The token is not heeded: what comes too late must be seen as stale.
        await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        _handled.Enqueue((submitted, Stopwatch.GetTimestamp()));
        Interlocked.Increment(ref _finished);
        return Settlement.Ack;
    }

    /// <summary>From the timestamp until a message that was published after it was handled.</summary>
    public TimeSpan? TimeToFirstFreshAfter(long timestamp)
    {
        long first = _handled.Where(message => message.Submitted > timestamp).Select(static message => message.Handled).DefaultIfEmpty(0).Min();
        return first == 0 ? null : Stopwatch.GetElapsedTime(timestamp, first);
    }

    /// <summary>The longest time without a handled message.</summary>
    public TimeSpan LongestSilence(long from, long until) => Silence.Longest(_handled.Select(static message => message.Handled), from, until);
}

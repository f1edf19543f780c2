using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using RabbitMQ.Client;

namespace ResilientRabbit.Clusters;

/// <summary>
/// Tells from when on the cluster confirmed again, whatever the client under test did: publishes one message at short intervals
/// through a fresh plain connection to each address. Attempts at different addresses run at the same time, at one address one after the other.
/// </summary>
public sealed class Prober : IAsyncDisposable
{
    /// <summary>What the message ids of probes start with.</summary>
    public const string MessageIdPrefix = "probe-";

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(2);
    private readonly ConcurrentQueue<Probe> _probes = new();
    private readonly ConcurrentDictionary<Task, bool> _closings = new();
    private readonly CancellationTokenSource _end = new();
    private readonly IRabbitCluster _cluster;
    private readonly string _queue;
    private readonly string _virtualHost;
    private readonly TimeSpan _interval;
    private readonly Task _running;
    private int _attempts;

    private Prober(IRabbitCluster cluster, IReadOnlyList<ClusterAddress> addresses, string queue, string virtualHost, TimeSpan interval)
    {
        _cluster = cluster;
        _queue = queue;
        _virtualHost = virtualHost;
        _interval = interval;
        _running = Task.WhenAll(addresses.Select(address => Task.Run(() => RunAsync(address))));
    }

    /// <summary>The confirmed probes, in the order of their confirms.</summary>
    public IReadOnlyList<Probe> Probes => [.. _probes];

    public int AttemptCount => Volatile.Read(ref _attempts);

    /// <param name="cluster">Gives the credentials.</param>
    /// <param name="addresses">Each gets its own fresh connections.</param>
    /// <param name="queue">The queue the probes go to; it must exist.</param>
    /// <param name="virtualHost">The queue's virtual host.</param>
    /// <param name="interval">From the start of one attempt to the next at one address, 50 ms when null.</param>
    public static Prober Start(
        IRabbitCluster cluster, IReadOnlyList<ClusterAddress> addresses, string queue, string virtualHost = "/", TimeSpan? interval = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(addresses);

        return new Prober(cluster, addresses, queue, virtualHost, interval ?? TimeSpan.FromMilliseconds(50));
    }

    /// <summary>Whether a message id is a probe's, which checkers ignore.</summary>
    public static bool IsProbe(string? messageId) => messageId?.StartsWith(MessageIdPrefix, StringComparison.Ordinal) == true;

    /// <summary>From the timestamp to the earliest confirm of a probe that was submitted after it; null when there is none yet.</summary>
    public TimeSpan? TimeToFirstConfirmAfter(long stopwatchTimestamp)
    {
        var confirms = _probes.Where(probe => probe.Submitted > stopwatchTimestamp).Select(probe => probe.Confirmed).ToList();

        return confirms.Count == 0 ? null : Stopwatch.GetElapsedTime(stopwatchTimestamp, confirms.Min());
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        await Task.WhenAll(_closings.Keys);
        _end.Dispose();
    }

    private async Task RunAsync(ClusterAddress address)
    {
        while (!_end.IsCancellationRequested)
        {
            var start = Stopwatch.GetTimestamp();
            Interlocked.Increment(ref _attempts);
            try
            {
                await ProbeAsync(address);
            }
            catch (Exception)
            {
                // Failing is what a probe does while the cluster is hurt.
            }

            var rest = _interval - Stopwatch.GetElapsedTime(start);
            if (rest > TimeSpan.Zero)
            {
                await Task.WhenAny(Task.Delay(rest, _end.Token));
            }
        }
    }

    private async Task ProbeAsync(ClusterAddress address)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        deadline.CancelAfter(AttemptTimeout);
        var connection = await PlainConnection.OpenAsync(
            address, _cluster.UserName, _cluster.Password, _virtualHost, "prober", AttemptTimeout, deadline.Token);
        try
        {
            await PublishAsync(connection.Connection, address, deadline.Token).WaitAsync(deadline.Token);
        }
        catch
        {
            // A peer that does not answer would keep a polite close waiting.
            connection.Kill();
            throw;
        }

        Track(connection.CloseAsync(AttemptTimeout));
    }

    private async Task PublishAsync(IConnection connection, ClusterAddress address, CancellationToken cancellationToken)
    {
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
        var properties = new BasicProperties
        {
            MessageId = MessageIdPrefix + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture),
            DeliveryMode = DeliveryModes.Persistent,
        };
        var submitted = Stopwatch.GetTimestamp();
        await channel.BasicPublishAsync("", _queue, mandatory: true, properties, ReadOnlyMemory<byte>.Empty, cancellationToken);
        _probes.Enqueue(new Probe(submitted, Stopwatch.GetTimestamp(), address));
    }

    private void Track(Task closing)
    {
        _closings[closing] = true;
        _ = closing.ContinueWith(task => _closings.TryRemove(task, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}

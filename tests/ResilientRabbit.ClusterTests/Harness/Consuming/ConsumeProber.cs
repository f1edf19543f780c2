using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// Tells from when on anybody could consume again, whatever the client under test did: over and over a fresh plain connection publishes one message,
/// consumes the queue and waits for a delivery. Each address has a queue of its own, so that the probes do not take each other's messages.
/// </summary>
public sealed class ConsumeProber : IAsyncDisposable
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<(long Started, long Delivered)> _probes = new();
    private readonly CancellationTokenSource _end = new();
    private readonly IRabbitCluster _cluster;
    private readonly Task _running;

    /// <param name="cluster">Gives the credentials.</param>
    /// <param name="targets">The addresses, each with its own queue; the queues must exist.</param>
    public ConsumeProber(IRabbitCluster cluster, IEnumerable<(ClusterAddress Address, string Queue)> targets)
    {
        _cluster = cluster;
        _running = Task.WhenAll(targets.Select(target => Task.Run(() => RunAsync(target.Address, target.Queue))));
    }

    public bool HasSucceeded => !_probes.IsEmpty;

    /// <summary>From the timestamp to the earliest delivery to a probe that was begun after it; null when there is none yet.</summary>
    public TimeSpan? TimeToFirstDeliveryAfter(long timestamp)
    {
        long first = _probes.Where(probe => probe.Started > timestamp).Select(static probe => probe.Delivered).DefaultIfEmpty(0).Min();
        return first == 0 ? null : Stopwatch.GetElapsedTime(timestamp, first);
    }

    /// <summary>The longest time without a delivery to any probe.</summary>
    public TimeSpan LongestSilence(long from, long until) => Silence.Longest(_probes.Select(static probe => probe.Delivered), from, until);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _end.Dispose();
    }

    private async Task RunAsync(ClusterAddress address, string queue)
    {
        while (!_end.IsCancellationRequested)
        {
            long started = Stopwatch.GetTimestamp();
            var sockets = new ConcurrentBag<Socket>();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            limit.CancelAfter(AttemptTimeout);
            try
            {
                await ProbeAsync(address, queue, sockets, limit.Token).WaitAsync(limit.Token);
                _probes.Enqueue((started, Stopwatch.GetTimestamp()));
            }
            catch (Exception)
            {
                // Failing is what a probe does while the cluster is hurt.
            }

            // By force: a polite close would wait for a peer that may be silent. What was delivered is not acknowledged and comes again.
            foreach (Socket socket in sockets)
            {
                socket.Dispose();
            }

            await Task.WhenAny(Task.Delay(Interval, _end.Token));
        }
    }

    private async Task ProbeAsync(ClusterAddress address, string queue, ConcurrentBag<Socket> sockets, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            HostName = address.Host,
            Port = address.Port,
            UserName = _cluster.UserName,
            Password = _cluster.Password,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = AttemptTimeout,
            HandshakeContinuationTimeout = AttemptTimeout,
            SocketFactory = family =>
            {
                var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                sockets.Add(socket);
                return new TcpClientAdapter(socket);
            },
        };
        IConnection connection = await factory.CreateConnectionAsync("consume prober", cancellationToken);
        IChannel channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), cancellationToken);
        await channel.BasicPublishAsync("", queue, mandatory: true, ReadOnlyMemory<byte>.Empty, cancellationToken);
        var delivered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, _) =>
        {
            delivered.TrySetResult();
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer, cancellationToken);
        await delivered.Task.WaitAsync(cancellationToken);
    }
}

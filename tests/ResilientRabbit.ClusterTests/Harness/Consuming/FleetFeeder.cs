using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using RabbitMQ.Client;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// Publishes to a queue at a steady pace over a plain connection, which it replaces by one to the next node whenever a confirm takes more than a second: so
/// that what a consumer waits for is its own recovery. A message is sent again under its id until it is confirmed.
/// </summary>
public sealed class FleetFeeder(IRabbitCluster cluster, string queue)
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<string> _confirmed = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private Task _running = Task.CompletedTask;
    private IChannel? _channel;
    private int _node = -1;

    public IReadOnlyCollection<string> Confirmed => _confirmed;

    public void Start() => _running = Task.Run(RunAsync);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    private async Task RunAsync()
    {
        for (int number = 0; !_stop.IsCancellationRequested; number++)
        {
            await PublishAsync(string.Create(CultureInfo.InvariantCulture, $"{queue}-{number}"));

            // A pace, not a wait for anything.
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        Kill();
    }

    private async Task PublishAsync(string id)
    {
        while (!_stop.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(AttemptTimeout);
            try
            {
                _channel ??= await OpenAsync(limit.Token).WaitAsync(limit.Token);
                var properties = new BasicProperties { MessageId = id, Persistent = true };
                await _channel.BasicPublishAsync("", queue, mandatory: true, properties, BitConverter.GetBytes(Stopwatch.GetTimestamp()), limit.Token).AsTask().WaitAsync(limit.Token);
                _confirmed.Enqueue(id);
                return;
            }
            catch (Exception)
            {
                // Whatever it was: the next node, at a pace that does not take the machine.
                Kill();
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    private async Task<IChannel> OpenAsync(CancellationToken cancellationToken)
    {
        _node = (_node + 1) % cluster.Nodes.Count;
        ClusterAddress address = cluster.Nodes[_node].Address;
        var factory = new ConnectionFactory
        {
            HostName = address.Host,
            Port = address.Port,
            UserName = cluster.UserName,
            Password = cluster.Password,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = AttemptTimeout,
            HandshakeContinuationTimeout = AttemptTimeout,
            SocketFactory = family =>
            {
                var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                lock (_sockets)
                {
                    _sockets.Add(socket);
                }

                return new TcpClientAdapter(socket);
            },
        };
        IConnection connection = await factory.CreateConnectionAsync("fleet feeder", cancellationToken);
        return await connection.CreateChannelAsync(new CreateChannelOptions(true, true), cancellationToken);
    }

    private void Kill()
    {
        _channel = null;
        lock (_sockets)
        {
            _sockets.ForEach(static socket => socket.Dispose());
            _sockets.Clear();
        }
    }
}

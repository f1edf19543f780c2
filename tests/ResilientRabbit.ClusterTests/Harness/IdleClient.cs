using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Clusters;
using Xunit;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>A client whose connections are open and where nothing happens: only heartbeats and what the kernel says tell it of a fault.</summary>
public sealed class IdleClient : IMessageHandler, IAsyncDisposable
{
    private readonly RabbitClient _client;
    private readonly IRabbitCluster _cluster;
    private readonly string _queue;
    private readonly ConcurrentDictionary<string, (long LostAt, long BackAt)> _lost = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _handled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _leastLosses;

    private IdleClient(string name, IRabbitCluster cluster, Way way, int leastLosses, ILoggerFactory? loggers)
    {
        Label = way.Label;
        _leastLosses = leastLosses;
        _cluster = cluster;
        _queue = "idle-" + name;
        var options = new ResilientRabbitOptions { UserName = cluster.UserName, Password = cluster.Password, ClientName = name };
        foreach (ClusterAddress endpoint in way.Endpoints)
        {
            options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{endpoint.Host}:{endpoint.Port}"));
        }

        way.Configure?.Invoke(options);
        _client = new RabbitClient(options, loggers);
        _client.StatusChanged += (_, change) => Note(change);
    }

    public string Label { get; }

    public RabbitClientStatus Status => _client.Status;

    /// <param name="name">The client's name.</param>
    /// <param name="cluster">Where it connects.</param>
    /// <param name="way">How it connects.</param>
    /// <param name="leastLosses">So many of its connections lie where the fault strikes: it is back when that many were lost and are open again, not when the first of them is.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<IdleClient> StartAsync(string name, IRabbitCluster cluster, Way way, int leastLosses, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        var client = new IdleClient(name, cluster, way, leastLosses, loggers);
        await cluster.DeclareQueueAsync(client._queue, quorum: true, cancellationToken: cancellationToken);
        await client._client.ConnectAsync(cancellationToken);
        await client._client.SubscribeAsync(client._queue, client, cancellationToken: cancellationToken);
        return client;
    }

    public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        _handled.TrySetResult();
        return ValueTask.FromResult(Settlement.Ack);
    }

    /// <summary>Whether as much as lay there was lost after the timestamp, and all of it is there again.</summary>
    public bool IsBackAfter(long timestamp) => Result(timestamp).Back is not null;

    public IdleResult Result(long faultAt)
    {
        (long LostAt, long BackAt)[] lost = [.. _lost.Values.Where(one => one.LostAt > faultAt)];
        TimeSpan? back = lost.Length < _leastLosses || lost.Any(static one => one.BackAt < one.LostAt) ? null : Stopwatch.GetElapsedTime(faultAt, lost.Max(static one => one.BackAt));
        return new IdleResult(Label, lost.Length, back);
    }

    /// <summary>One message through the client, to its own consumer.</summary>
    public async Task ProveAsync()
    {
        await _client.Publisher.PublishAsync("", _queue, "proof"u8.ToArray(), cancellationToken: TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        await _handled.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await _client.DisposeAsync();
        await _cluster.DeleteQueueAsync(_queue);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private void Note(ConnectionStatusChange change)
    {
        long now = Stopwatch.GetTimestamp();
        if (change.Current.State == ConnectionState.Connected)
        {
            _lost.AddOrUpdate(change.Current.Name, static (_, at) => (0, at), static (_, old, at) => (old.LostAt, at), now);
        }
        else if (change.Previous.State == ConnectionState.Connected && change.Current.State != ConnectionState.Closed)
        {
            _lost.AddOrUpdate(change.Current.Name, static (_, at) => (at, 0), static (_, old, at) => (at, old.BackAt), now);
        }
    }
}

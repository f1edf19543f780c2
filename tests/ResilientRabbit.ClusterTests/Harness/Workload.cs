using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>A client under test that publishes and consumes.</summary>
public sealed class Workload : IMessageHandler, IAsyncDisposable
{
    private const int Keys = 8;

    private readonly RabbitClient _client;
    private readonly ScenarioQueues _queues;
    private readonly ConcurrentQueue<SentMessage> _sent = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly int[] _sequences = new int[Keys];
    private readonly Lock _sequenceGate = new();
    private readonly List<Task> _pumps = [];
    private readonly ConcurrentBag<Task> _bursts = [];
    private int _handledCopies;
    private int _submitsAtLoss;

    public Workload(string name, Way way, IRabbitCluster cluster, ScenarioQueues queues, ILoggerFactory? loggers = null)
    {
        Name = name;
        Label = way.Label;
        _queues = queues;
        var options = new ResilientRabbitOptions { UserName = cluster.UserName, Password = cluster.Password, ClientName = name };
        foreach (ClusterAddress endpoint in way.Endpoints)
        {
            options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{endpoint.Host}:{endpoint.Port}"));
        }

        way.Configure?.Invoke(options);
        _client = new RabbitClient(options, loggers);
        _client.StatusChanged += (_, change) =>
        {
            if (change.Current.State == ConnectionState.Reconnecting && change.Current.Name.Contains(":publish", StringComparison.Ordinal) && Interlocked.Exchange(ref _submitsAtLoss, 0) != 0)
            {
                Burst(Keys);
            }
        };
    }

    public string Name { get; }

    public string Label { get; }

    public RabbitClient Client => _client;

    public IReadOnlyCollection<SentMessage> Sent => _sent;

    public int HandledCopies => Volatile.Read(ref _handledCopies);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _client.DeclareAsync(_queues.Topology(), cancellationToken);
        await _client.SubscribeAsync(_queues.WorkQueue, this, new ConsumerOptions { Concurrency = 4 }, cancellationToken);
        for (int key = 0; key < Keys; key++)
        {
            int mine = key;
            _pumps.Add(Task.Run(() => PumpAsync(mine), CancellationToken.None));
        }
    }

    public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _handledCopies);
        _queues.Handled.AddOrUpdate(message.MessageId ?? "none", 1, static (_, count) => count + 1);
        return ValueTask.FromResult(Settlement.Ack);
    }

    /// <summary>Submits messages without waiting for them. Returns how many are pending right afterwards.</summary>
    public long Burst(int count)
    {
        for (int number = 0; number < count; number++)
        {
            _bursts.Add(PublishAsync(number % Keys));
        }

        return _client.Status.Publishing.Pending;
    }

    /// <summary>Submits one message under each ordering key: now, or when the client next loses a publish connection.</summary>
    public void SubmitForEachKey(bool atLoss)
    {
        if (atLoss)
        {
            Volatile.Write(ref _submitsAtLoss, 1);
        }
        else
        {
            Burst(Keys);
        }
    }

    /// <summary>Ends the pumps and waits until every message has its outcome, or the time is over: then some hang.</summary>
    public async Task FinishAsync(TimeSpan limit)
    {
        await _stop.CancelAsync();
        try
        {
            await Task.WhenAll(_pumps.Concat(_bursts)).WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            // The checker counts them as hung.
        }
    }

    /// <summary>Confirmed messages that the SDK's consumer has not handled, once it has had time to.</summary>
    public async Task<IReadOnlyList<SentMessage>> FindUnhandledAsync(TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            List<SentMessage> missing = [.. _sent.Where(IsUnhandled)];
            if (missing.Count == 0 || Stopwatch.GetElapsedTime(start) > limit)
            {
                return missing;
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Confirmed messages that neither queue has: not found, and not handled.</summary>
    public int CountLostEverywhere(IEnumerable<FoundMessage> found)
    {
        HashSet<string> ids = [.. found.Select(static message => message.Id)];
        return _sent.Count(message => IsUnhandled(message) && !ids.Contains(message.Id));
    }

    /// <summary>Compares this workload's messages with what was found of them.</summary>
    public Verdict Check(IEnumerable<FoundMessage> found) => HistoryChecker.Check(_sent, [.. found.Where(message => message.Id.StartsWith(Name + "-", StringComparison.Ordinal))]);

    /// <summary>From the timestamp to the first confirm of a message that was submitted after it.</summary>
    public TimeSpan? TimeToFirstConfirmAfter(long timestamp)
    {
        long first = _sent.Where(message => message.Outcome == SentOutcome.Confirmed && message.Submitted > timestamp)
            .Select(static message => message.Ended).DefaultIfEmpty(0).Min();
        return first == 0 ? null : Stopwatch.GetElapsedTime(timestamp, first);
    }

    /// <summary>From the timestamp until every ordering key has had a confirm of a message submitted after it: no lane is left behind.</summary>
    public TimeSpan? TimeUntilAllKeysConfirmAfter(long timestamp)
    {
        long[] firsts = [.. _sent.Where(message => message.Outcome == SentOutcome.Confirmed && message.Submitted > timestamp)
            .GroupBy(static message => message.Key, StringComparer.Ordinal).Select(static key => key.Min(static message => message.Ended))];
        return firsts.Length < Keys ? null : Stopwatch.GetElapsedTime(timestamp, firsts.Max());
    }

    private bool IsUnhandled(SentMessage message) => message.Outcome == SentOutcome.Confirmed && !_queues.Handled.ContainsKey(message.Id);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _client.DisposeAsync();
        _stop.Dispose();
    }

    private async Task PumpAsync(int key)
    {
        while (!_stop.IsCancellationRequested)
        {
            await PublishAsync(key);

            // A pace, not a wait for anything: about 100 messages a second and key leave the machine room for the cluster.
            await Task.Delay(10);
        }
    }

    private Task PublishAsync(int key)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{Name}-{key}");

        // The number and the call together: the order that is promised is the order of the calls.
        lock (_sequenceGate)
        {
            int sequence = _sequences[key]++;
            var message = new SentMessage
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"{name}-{sequence}"),
                Key = name,
                Sequence = sequence,
                Submitted = Stopwatch.GetTimestamp(),
            };
            _sent.Enqueue(message);
            ValueTask<PublishReceipt> publishing = _client.Publisher.PublishAsync(new OutboundMessage
            {
                Exchange = _queues.Exchange,
                RoutingKey = string.Empty,
                Body = TestBody.Create(name, sequence),
                OrderingKey = name,
                Properties = new MessageProperties { MessageId = message.Id },
            });
            return message.RecordAsync(publishing);
        }
    }
}

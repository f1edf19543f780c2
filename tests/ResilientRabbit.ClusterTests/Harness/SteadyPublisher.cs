using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Publishes to one queue under one ordering key at a steady pace, and remembers what became of each message.</summary>
public sealed class SteadyPublisher(IRabbitClient client, string queue, string key, TimeSpan pace)
{
    private readonly ConcurrentQueue<SentMessage> _sent = new();
    private readonly ConcurrentQueue<Task> _publishing = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public IReadOnlyCollection<SentMessage> Sent => _sent;

    public int Confirmed => _sent.Count(static message => message.Outcome == SentOutcome.Confirmed);

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Whether a message that was submitted after the timestamp is confirmed.</summary>
    public bool HasConfirmedAfter(long timestamp) => _sent.Any(message => message.Submitted > timestamp && message.Outcome == SentOutcome.Confirmed);

    /// <summary>Ends the publishing and waits for the outcomes; what has none by then counts as hung.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        await _stop.CancelAsync();
        await _running;
        await Task.WhenAny(Task.WhenAll(_publishing), Task.Delay(limit));
    }

    /// <summary>Not awaited one by one: an outage does not slow the publisher down.</summary>
    private async Task RunAsync()
    {
        for (int sequence = 0; !_stop.IsCancellationRequested; sequence++)
        {
            var message = new SentMessage
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"{key}-{sequence}"),
                Key = key,
                Sequence = sequence,
                Submitted = Stopwatch.GetTimestamp(),
            };
            _sent.Enqueue(message);
            _publishing.Enqueue(message.RecordAsync(client.Publisher.PublishAsync(new OutboundMessage
            {
                Exchange = string.Empty,
                RoutingKey = queue,
                Body = TestBody.Create(key, sequence),
                OrderingKey = key,
                Properties = new MessageProperties { MessageId = message.Id },
            })));

            // A pace, not a wait for anything.
            await Task.Delay(pace);
        }
    }
}

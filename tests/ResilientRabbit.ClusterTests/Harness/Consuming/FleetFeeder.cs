using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Publishes to a queue at a steady pace, and knows which messages the broker has confirmed.</summary>
public sealed class FleetFeeder(RabbitClient client, string queue)
{
    private readonly ConcurrentQueue<string> _confirmed = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

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
            string id = string.Create(CultureInfo.InvariantCulture, $"{queue}-{number}");
            try
            {
                await client.Publisher.PublishAsync("", queue, BitConverter.GetBytes(Stopwatch.GetTimestamp()), new MessageProperties { MessageId = id });
                _confirmed.Enqueue(id);
            }
            catch (PublishException)
            {
                // The queue may be gone for a while; what was not confirmed is not counted.
            }

            // A pace, not a wait for anything.
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}

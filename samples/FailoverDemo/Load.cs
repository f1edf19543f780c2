using System.Diagnostics;
using System.Text;
using ResilientRabbit.Samples.FailoverDemo.Pictures;

namespace ResilientRabbit.Samples.FailoverDemo;

/// <summary>Publishes at a steady rate, and keeps at least <see cref="MinPending"/> messages in flight when that is wanted. It never waits for one message before it sends the next.</summary>
internal sealed class Load(IRabbitClient client, string queue, int rate, Tally tally)
{
    // Messages of one key keep their order. Several keys use all lanes, and so both publish connections.
    private const int OrderingKeys = 16;
    private const int MaxPending = 6000;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private int _minPending;

    public int MinPending
    {
        get => Volatile.Read(ref _minPending);
        set => Volatile.Write(ref _minPending, value);
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Tick);
        var last = Stopwatch.GetTimestamp();
        var due = 0.0;
        do
        {
            var now = Stopwatch.GetTimestamp();
            due += rate * Stopwatch.GetElapsedTime(last, now).TotalSeconds;
            last = now;

            var pending = (int)client.Status.Publishing.Pending;
            var count = Math.Max((int)due, MinPending - pending);
            due -= (int)due;
            for (var room = Math.Min(count, MaxPending - pending); room > 0; room--)
            {
                _ = PublishAsync(tally.Submit());
            }
        }
        while (await WaitAsync(timer, stopping));
    }

    private async Task PublishAsync(int number)
    {
        var message = new OutboundMessage
        {
            Exchange = "",
            RoutingKey = queue,
            Body = Encoding.UTF8.GetBytes(FormattableString.Invariant($"message {number}")),
            Properties = new MessageProperties { MessageId = Tally.IdOf(number), ContentType = "text/plain" },
            OrderingKey = FormattableString.Invariant($"key-{number % OrderingKeys}"),
        };
        using var caller = TraceRecorder.Callers.StartActivity("place order");
        try
        {
            await client.Publisher.PublishAsync(message);
            tally.Confirm(number);
        }
        catch (PublishException exception)
        {
            tally.Fail(exception.Failure);
        }
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>A log that cannot be written: a full disk, or a test that is over.</summary>
public sealed class ThrowingLogTests
{
    [Fact]
    public async Task A_logger_that_throws_costs_no_connection_no_message_and_no_shutdown()
    {
        await using Bed bed = await Bed.StartAsync();
        using var log = new ThrowingLog();
        RabbitClient client = bed.NewClient(log, static options => options.Publisher.DeliveryTimeout = TimeSpan.FromSeconds(10));
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 3));

        bed.Line.ResetConnections();
        PublishReceipt[] after = await Bed.AllAsync(Bed.Publish(client, 3, first: 3));

        bed.AssertHonest([.. before, .. after]);
        await client.DisposeAsync().AsTask().WaitAsync(Bed.Patience);
        Assert.True(log.Thrown > 3, $"It was asked to write {log.Thrown} lines only.");
    }

    private sealed class ThrowingLog : LogSink
    {
        private int _thrown;

        public int Thrown => Volatile.Read(ref _thrown);

        protected override void Write(int eventId, string message, Exception? exception)
        {
            Interlocked.Increment(ref _thrown);
            throw new IOException("No space left on device.");
        }
    }
}

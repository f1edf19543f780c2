using Microsoft.Extensions.Logging;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests;

/// <summary>A logger that throws, as one does whose provider was disposed: it costs its lines and nothing else.</summary>
public sealed class ThrowingLogTests
{
    [Fact]
    public async Task Messages_are_sent_again_after_a_loss_although_every_line_of_the_log_throws()
    {
        await using Bed bed = await Bed.StartAsync();
        using var log = new ThrowingLog();
        RabbitClient client = bed.NewClient(log);
        FaultHandle held = bed.Faults.FromBroker(AmqpMethod.BasicAck).Always().Hold();
        Task<PublishReceipt>[] publishing = Bed.Publish(client, 100);
        await bed.SeeAsync(AmqpMethod.BasicPublish, 100);

        bed.Faults.FromClient(AmqpMethod.BasicPublish).Reset();
        Task<PublishReceipt> next = Bed.PublishAsync(client, Bed.Id(100));
        await Bed.UntilAsync(() => client.Status.Connections[0].Losses > 0, "the loss");
        held.Cancel();

        PublishReceipt[] receipts = await Bed.AllAsync(publishing.Append(next));
        Assert.True(log.Thrown > 0);
        Assert.Empty(bed.Journal.FalseConfirms(receipts.Select(static receipt => receipt.MessageId)));
    }

    private sealed class ThrowingLog : ILoggerFactory, ILogger
    {
        private int _thrown;

        public int Thrown => Volatile.Read(ref _thrown);

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref _thrown);
            throw new ObjectDisposedException("log");
        }

        public void Dispose()
        {
        }
    }
}

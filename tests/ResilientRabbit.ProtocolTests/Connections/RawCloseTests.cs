using System.Globalization;
using RabbitMQ.Client;
using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>The end of connections that were handed out.</summary>
public sealed class RawCloseTests
{
    [Fact]
    public async Task A_raw_connection_that_is_closed_while_the_broker_reads_nothing_is_closed_all_the_same()
    {
        using var deaf = new DeafRelay();
        await using Bed bed = await Bed.StartAsync();
        deaf.Start(bed.Broker.Port);
        RabbitClient client = bed.NewClient(options =>
        {
            options.Heartbeat = TimeSpan.FromSeconds(1);
            options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{deaf.Port}"));
        });
        IConnection connection = await client.ConnectionFactory.CreateConnectionAsync("reports").WaitAsync(Bed.Patience);
        IChannel channel = await connection.CreateChannelAsync();
        deaf.Stop();
        for (int number = 0; number < 200; number++)
        {
            _ = channel.BasicPublishAsync("", Bed.Queue, new byte[128 * 1024]).AsTask();
        }

        await connection.DisposeAsync().AsTask().WaitAsync(Bed.Patience);
        await deaf.ClientGone.WaitAsync(Bed.Patience);
        await Bed.UntilAsync(() => client.TeardownsRunning == 0, "nothing left behind");
    }
}

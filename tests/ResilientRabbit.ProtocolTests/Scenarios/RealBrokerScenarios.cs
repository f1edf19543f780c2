using System.Diagnostics;
using System.Globalization;
using System.Text;
using RabbitMQ.Client;
using ResilientRabbit.Clusters;
using ResilientRabbit.ProtocolTests.Brokers;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>The proxy before a real RabbitMQ, with the faults that one wants there, and the SDK, which keeps its promises.</summary>
public sealed class RealBrokerScenarios(BrokersUnderTest brokers)
{
    [Fact, Scenario("35", "P1,P5,P6,P7")]
    public async Task A_line_of_eighty_milliseconds_costs_time_and_no_copy()
    {
        await using RealLine line = await RealLine.StartAsync(brokers);
        line.Proxy.SetRoundTrip(TimeSpan.FromMilliseconds(80));
        await using RabbitClient client = line.NewClient();
        await client.ConnectAsync().WaitAsync(Bed.Patience);

        long start = Stopwatch.GetTimestamp();
        await line.PublishAsync(client, 0);
        TimeSpan one = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        PublishReceipt[] receipts = await line.PublishManyAsync(client, first: 1, count: 500);
        TimeSpan many = Stopwatch.GetElapsedTime(start);

        // One waits for its round trip; five hundred share it.
        Assert.True(one >= TimeSpan.FromMilliseconds(80), $"It took {one}.");
        Assert.True(many < 50 * one, $"{many} for five hundred, {one} for one.");
        Assert.All(receipts, static receipt => Assert.Equal(1, receipt.Attempts));
        Assert.Empty(line.Proxy.Journal.Duplicates());
        await line.AssertStoredOnceAsync(501);
    }

    [Fact, Scenario("1", "P1,P2,P5,P6")]
    public async Task A_lost_confirm_and_a_lost_connection_cost_one_marked_duplicate()
    {
        await using RealLine line = await RealLine.StartAsync(brokers);
        await using RabbitClient client = line.NewClient();
        FaultHandle lost = line.Proxy.Faults.FromClient(AmqpMethod.BasicPublish).Nth(5).LoseConfirm();
        FaultHandle reset = line.Proxy.Faults.FromClient(AmqpMethod.BasicPublish).Nth(11).Instead().Reset();

        PublishReceipt[] receipts = await line.PublishManyAsync(client, first: 0, count: 11);

        Assert.Equal((1, 1), (lost.Fired, reset.Fired));
        Assert.Empty(line.Proxy.Journal.FalseConfirms(receipts.Select(static receipt => receipt.MessageId)));
        Assert.All(line.Proxy.Journal.Duplicates(), static duplicate => Assert.True(duplicate.IsMarked));
        Assert.Contains(line.Proxy.Journal.Duplicates(), static duplicate => duplicate.MessageId is "m00004");
        IReadOnlyList<string> stored = await line.StoredAsync();
        Assert.Equal(Enumerable.Range(0, 11).Select(Bed.Id), stored.Distinct(StringComparer.Ordinal));
        Assert.Equal(2, stored.Count(static id => id is "m00004"));
    }

    [Fact, Scenario("14,22", "P1,P2,P5,P7")]
    public async Task A_reset_at_every_hundredth_publish_loses_nothing_and_keeps_the_order()
    {
        await using RealLine line = await RealLine.StartAsync(brokers);
        await using RabbitClient client = line.NewClient();
        FaultHandle reset = line.Proxy.Faults.FromClient(AmqpMethod.BasicPublish).Nth(100).Reset();
        FaultHandle later = line.Proxy.Faults.FromClient(AmqpMethod.BasicPublish).Nth(200).Reset();

        PublishReceipt[] receipts = await line.PublishManyAsync(client, first: 0, count: 500);

        Assert.Equal((1, 1), (reset.Fired, later.Fired));
        Assert.Equal(3, line.Proxy.AcceptedCount);
        Assert.Empty(line.Proxy.Journal.FalseConfirms(receipts.Select(static receipt => receipt.MessageId)));
        Assert.All(line.Proxy.Journal.Duplicates(), static duplicate => Assert.True(duplicate.IsMarked));
        string[] firsts = [.. (await line.StoredAsync()).Distinct(StringComparer.Ordinal)];
        Assert.Equal(Enumerable.Range(0, 500).Select(Bed.Id), firsts);
    }

    /// <summary>A proxy before the real node, and a queue of the test's own.</summary>
    private sealed class RealLine : IAsyncDisposable
    {
        private readonly string _queue = $"line-{Guid.NewGuid():N}";
        private readonly ClusterAddress _address;
        private readonly List<string> _stored = [];

        private RealLine(ClusterAddress address)
        {
            _address = address;
            Proxy = FrameProxy.Start(address.Host, address.Port);
        }

        public FrameProxy Proxy { get; }

        public static async Task<RealLine> StartAsync(BrokersUnderTest brokers)
        {
            var line = new RealLine((await brokers.GetAsync(BrokersUnderTest.Real)).Address);
            await line.OnChannelAsync(channel => channel.QueueDeclareAsync(line._queue, durable: true, exclusive: false, autoDelete: false));
            return line;
        }

        public RabbitClient NewClient()
        {
            var options = new ResilientRabbitOptions
            {
                ReconnectDelay = TimeSpan.FromMilliseconds(10),
                ReconnectMaxDelay = TimeSpan.FromMilliseconds(100),
                Endpoints = { string.Create(CultureInfo.InvariantCulture, $"{Proxy.Host}:{Proxy.Port}") },
            };
            options.Publisher.Connections = 1;
            options.Publisher.Lanes = 1;
            options.Publisher.ConfirmStallTimeout = TimeSpan.FromSeconds(2);
            return new RabbitClient(options, TestLog.Create());
        }

        public Task<PublishReceipt> PublishAsync(RabbitClient client, int number) => Bed.PublishAsync(client, Bed.Id(number), routingKey: _queue);

        public Task<PublishReceipt[]> PublishManyAsync(RabbitClient client, int first, int count) => Bed.AllAsync(Bed.Publish(client, count, first, routingKey: _queue));

        /// <summary>The ids that were stored, in order and with repetitions, taken past the proxy.</summary>
        public async Task<IReadOnlyList<string>> StoredAsync()
        {
            await OnChannelAsync(async channel =>
            {
                while (await channel.BasicGetAsync(_queue, autoAck: true) is { } result)
                {
                    Assert.Equal("body of " + result.BasicProperties.MessageId, Encoding.UTF8.GetString(result.Body.Span));
                    _stored.Add(result.BasicProperties.MessageId!);
                }
            });
            return _stored;
        }

        public async Task AssertStoredOnceAsync(int count) => Assert.Equal(Enumerable.Range(0, count).Select(Bed.Id), await StoredAsync());

        public async ValueTask DisposeAsync()
        {
            await OnChannelAsync(channel => channel.QueueDeleteAsync(_queue));
            await Proxy.DisposeAsync();
        }

        private async Task OnChannelAsync(Func<IChannel, Task> action)
        {
            var factory = new ConnectionFactory { HostName = _address.Host, Port = _address.Port, AutomaticRecoveryEnabled = false };
            await using IConnection connection = await factory.CreateConnectionAsync();
            await using IChannel channel = await connection.CreateChannelAsync();
            await action(channel);
        }
    }
}

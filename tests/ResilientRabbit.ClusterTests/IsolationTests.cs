using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Clusters;
using ResilientRabbit.ClusterTests.Harness;
using Xunit;

namespace ResilientRabbit.ClusterTests;

/// <summary>A message that the broker answers by closing the channel fails alone.</summary>
[Collection(ClusterGroup.Name)]
public sealed class IsolationTests(ClusterFixture fixture)
{
    private const int Good = 1000;

    /// <summary>1 + log2 of the default window.</summary>
    private const int MostExtraChannels = 12;

    public enum Guilt
    {
        MissingExchange,
        NoPermission,
        TooLarge,
        ForeignUserId,
    }

    [Theory]
    [InlineData(Guilt.MissingExchange, 404)]
    [InlineData(Guilt.NoPermission, 403)]
    [InlineData(Guilt.TooLarge, 406)]
    [InlineData(Guilt.ForeignUserId, 406)]
    public async Task One_guilty_message_among_a_thousand_on_its_lane_fails_alone(Guilt guilt, int replyCode)
    {
        await using Bench bench = await Bench.StartAsync(fixture.Cluster);
        var tasks = new List<Task<PublishReceipt>>();
        Task<PublishReceipt>? guilty = null;
        for (int number = 0; number < Good; number++)
        {
            tasks.Add(bench.PublishGoodAsync(number));
            if (number == Good / 2)
            {
                guilty = bench.PublishGuiltyAsync(guilt);
            }
        }

        PublishException failure = await Assert.ThrowsAsync<PublishException>(() => guilty!.WaitAsync(TimeSpan.FromSeconds(60)));
        await Task.WhenAll(tasks).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal((PublishFailure.Refused, replyCode), (failure.Failure, (int?)failure.ReplyCode));
        PublishCounts counts = bench.Client.Status.Publishing;
        Assert.Equal((Good, 1, 0), (counts.Confirmed, counts.Refused, counts.Pending));
        Assert.InRange(bench.ClosedChannels, 1, MostExtraChannels);
        IReadOnlyList<DrainedMessage> found = await fixture.Cluster.DrainAsync(bench.Queue);
        Assert.Equal(Good, found.Select(static message => message.MessageId).Distinct(StringComparer.Ordinal).Count());
        FaultReport.Write($"guilty message ({guilt}): {failure.ReplyCode} '{failure.ReplyText}' alone, {Good} neighbours confirmed, {bench.ClosedChannels} channels closed, {found.Count - Good} duplicates");
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_without_any_network_traffic()
    {
        await using Bench bench = await Bench.StartAsync(fixture.Cluster);
        Task<PublishReceipt>[] tasks = [.. Enumerable.Range(0, Good).Select(bench.PublishGoodAsync)];

        PublishException failure = await Assert.ThrowsAsync<PublishException>(() => bench.Client.Publisher.PublishAsync("", bench.Queue, new byte[(16 * 1024 * 1024) + 1]).AsTask());
        await Task.WhenAll(tasks).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal((PublishFailure.NotSent, 0, 0), (failure.Failure, failure.Attempts, bench.ClosedChannels));
        Assert.Equal(0, bench.Client.Status.Publishing.Replayed);
    }

    [Fact]
    public async Task Ten_guilty_messages_a_second_leave_their_neighbours_most_of_their_rate()
    {
        await using Bench bench = await Bench.StartAsync(fixture.Cluster);
        await bench.RunPacedAsync(seconds: 2, guiltyPerSecond: 0);
        (int[] before, _) = await bench.RunPacedAsync(seconds: 4, guiltyPerSecond: 0);
        (int[] during, int[] beside) = await bench.RunPacedAsync(seconds: 6, guiltyPerSecond: 10);

        // The rate is to be back within a second: the first one does not count. A machine that stands still does so for the client beside too, and in one of the seconds.
        double steady = before.Order().ElementAt(before.Length / 2);
        double rate = during.Skip(1).Order().ElementAt(during.Length / 2 - 1);
        double share = during.Skip(1).Sum() / (double)beside.Skip(1).Sum();
        PublishCounts counts = bench.Client.Status.Publishing;
        FaultReport.Write(string.Create(CultureInfo.InvariantCulture, $"10 guilty messages a second among 1000 good ones: {string.Join(' ', before)} confirmed in each second before, {string.Join(' ', during)} with them ({rate / steady:0.00}), {string.Join(' ', beside)} of a client beside without any ({share:0.00}), {counts.Refused} refused, {bench.ClosedChannels} channels closed, {counts.Replayed} copies sent again"));
        Assert.True(counts.Refused >= 30, $"Only {counts.Refused} guilty messages had their outcome.");

        Assert.True(share >= 0.8, $"{share:0.00} of what a client beside had confirmed.");
        Assert.True(rate >= 0.8 * steady, $"{rate:0}/s after {steady:0}/s.");
    }

    /// <summary>A client of one lane with a user of little permission, and a broker with a small limit on message sizes.</summary>
    private sealed class Bench : IAsyncDisposable, ILoggerProvider, ILogger
    {
        private const string User = "isolated";
        private const string DefaultSize = "134217728";

        private readonly IRabbitCluster _cluster;
        private readonly ILoggerFactory _loggers;
        private int _closedChannels;

        private Bench(IRabbitCluster cluster, string queue)
        {
            _cluster = cluster;
            Queue = queue;
            _loggers = LoggerFactory.Create(logging => logging.AddProvider(this));
            var options = new ResilientRabbitOptions { UserName = User, Password = User };
            options.Publisher.Lanes = options.Publisher.Connections = 1;
            options.Endpoints.Add(string.Create(CultureInfo.InvariantCulture, $"{cluster.Nodes[0].Address.Host}:{cluster.Nodes[0].Address.Port}"));
            Client = new RabbitClient(options, _loggers);
            Beside = new RabbitClient(options);
        }

        public string Queue { get; }

        public RabbitClient Client { get; }

        /// <summary>The same, for good messages only.</summary>
        public RabbitClient Beside { get; }

        public int ClosedChannels => Volatile.Read(ref _closedChannels);

        public static async Task<Bench> StartAsync(IRabbitCluster cluster)
        {
            await cluster.RepairAsync();
            string queue = "isolation-" + Guid.NewGuid().ToString("N");
            await cluster.DeclareQueueAsync(queue, quorum: false);
            IRabbitNode node = cluster.Nodes[0];
            await node.EvaluateAsync("application:set_env(rabbit, max_message_size, 100000), []");
            await node.EvaluateAsync($"(catch rabbit_auth_backend_internal:add_user(<<\"{User}\">>, <<\"{User}\">>, <<\"test\">>)), []");
            await node.RunCtlAsync("set_permissions", User, ".*", "^(amq.default|isolation-.*)$", ".*");
            var bench = new Bench(cluster, queue);
            await Task.WhenAll(bench.Client.ConnectAsync(TestContext.Current.CancellationToken), bench.Beside.ConnectAsync(TestContext.Current.CancellationToken));
            return bench;
        }

        public Task<PublishReceipt> PublishGoodAsync(int number) => PublishGoodAsync(Client, number);

        public Task<PublishReceipt> PublishGuiltyAsync(Guilt guilt) => guilt switch
        {
            Guilt.MissingExchange => Client.Publisher.PublishAsync("isolation-no-such-exchange", Queue, "x"u8.ToArray()).AsTask(),
            Guilt.NoPermission => Client.Publisher.PublishAsync("amq.fanout", Queue, "x"u8.ToArray()).AsTask(),
            Guilt.TooLarge => Client.Publisher.PublishAsync("", Queue, new byte[100_001]).AsTask(),
            Guilt.ForeignUserId => Client.Publisher.PublishAsync("", Queue, "x"u8.ToArray(), new MessageProperties { UserId = "somebody-else" }).AsTask(),
            _ => throw new ArgumentOutOfRangeException(nameof(guilt)),
        };

        /// <summary>Offers each client 1000 good messages a second, and the first some guilty ones, for so long. Returns how many good ones of each were confirmed in each of the seconds.</summary>
        public async Task<(int[] Confirmed, int[] Beside)> RunPacedAsync(int seconds, int guiltyPerSecond)
        {
            var pending = new List<Task>();
            (int[] confirmed, int[] beside) = (new int[seconds], new int[seconds]);
            long start = Stopwatch.GetTimestamp();
            int offered = 0;
            int guilty = 0;
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
            {
                double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
                while (offered < elapsed * 1000)
                {
                    pending.Add(CountAsync(PublishGoodAsync(Client, offered), confirmed));
                    pending.Add(CountAsync(PublishGoodAsync(Beside, offered++), beside));
                }

                while (guilty < elapsed * guiltyPerSecond)
                {
                    guilty++;
                    pending.Add(Assert.ThrowsAsync<PublishException>(() => PublishGuiltyAsync(Guilt.MissingExchange)));
                }

                // The pace of the load; nothing waits for it to be right.
                await Task.Delay(5);
            }

            await Task.WhenAll(pending).WaitAsync(TimeSpan.FromSeconds(60));
            return (confirmed, beside);

            async Task CountAsync(Task<PublishReceipt> publishing, int[] counts)
            {
                await publishing;
                int second = (int)Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (second < seconds)
                {
                    Interlocked.Increment(ref counts[second]);
                }
            }
        }

        private Task<PublishReceipt> PublishGoodAsync(RabbitClient client, int number) => client.Publisher.PublishAsync("", Queue, TestBody.Create("k", number)).AsTask();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (string.Equals(eventId.Name, "ChannelClosedByBroker", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _closedChannels);
            }
        }

        public void Dispose()
        {
            // The client goes in DisposeAsync; the factory disposes its provider, which is this object.
        }

        public async ValueTask DisposeAsync()
        {
            await Task.WhenAll(Client.DisposeAsync().AsTask(), Beside.DisposeAsync().AsTask());
            _loggers.Dispose();
            await _cluster.Nodes[0].EvaluateAsync($"application:set_env(rabbit, max_message_size, {DefaultSize}), []");
            await _cluster.DeleteQueueAsync(Queue);
        }
    }
}

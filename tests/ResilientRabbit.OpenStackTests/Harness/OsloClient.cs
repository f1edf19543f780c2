using System.Collections.Concurrent;

namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>A client of ours that was configured by the text of an OpenStack file, and nothing else but a name.</summary>
internal sealed class OsloClient : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();

    public OsloClient(string text, bool forNotifications = false)
    {
        File = _folder.Write("service.conf", text);
        Configuration = OsloConfiguration.Load(new OsloConfigurationSource(File) { UseEnvironment = false, ForNotifications = forNotifications });
        Options = Configuration.CreateOptions();
        Options.ClientName = Name;
        Client = new RabbitClient(Options);
    }

    public string Name { get; } = "oslo-" + Guid.NewGuid().ToString("N");

    public string File { get; }

    public OsloConfiguration Configuration { get; }

    public ResilientRabbitOptions Options { get; }

    public RabbitClient Client { get; }

    public async Task<OsloClient> ConnectAsync()
    {
        await Client.ConnectAsync().WaitAsync(Limit);
        return this;
    }

    /// <summary>Publishes a message to a queue and consumes it.</summary>
    public async Task RoundTripAsync(string queue)
    {
        string id = Guid.NewGuid().ToString("N");
        var seen = new Collector();
        await using ISubscription subscription = await Client.SubscribeAsync(queue, seen).WaitAsync(Limit);
        await Client.Publisher.PublishAsync("", queue, "body"u8.ToArray(), new MessageProperties { MessageId = id }).AsTask().WaitAsync(Limit);
        await seen.WaitForAsync(ids => ids.Contains(id, StringComparer.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Acknowledges everything and remembers the ids.</summary>
    internal sealed class Collector : IMessageHandler
    {
        private readonly ConcurrentQueue<string> _ids = new();
        private readonly SemaphoreSlim _news = new(0);

        public ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
        {
            _ids.Enqueue(message.MessageId ?? "");
            _news.Release();
            return ValueTask.FromResult(Settlement.Ack);
        }

        public async Task WaitForAsync(Func<IReadOnlyCollection<string>, bool> isEnough)
        {
            using var deadline = new CancellationTokenSource(Limit);
            while (!isEnough([.. _ids]))
            {
                await _news.WaitAsync(deadline.Token);
            }
        }
    }
}

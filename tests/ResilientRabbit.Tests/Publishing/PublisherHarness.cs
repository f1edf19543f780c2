using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ResilientRabbit.Configuration;
using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A publisher over fake connections, in manual time.</summary>
internal sealed class PublisherHarness : IAsyncDisposable
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(5);

    private int _leaderRounds;

    public PublisherHarness(int connections = 1, Func<PublisherSettings, PublisherSettings>? change = null, bool isReady = true, IQueueLeaderResolver? leaders = null)
    {
        PublisherSettings settings = PublisherSettings.From(new PublisherOptions { Connections = connections, Lanes = 1, DeliveryTimeout = Lifetime, ConfirmStallTimeout = Stall });
        Settings = change is null ? settings : change(settings);
        Time.Changed = Watch.Changed;
        Sources = [.. Enumerable.Range(0, connections).Select(_ => new FakeSessionSource(Watch))];
        Ledger = new PublishLedger(Settings.MaxPendingMessages, Settings.MaxPendingBytes, Settings.Lanes);
        Leaders = leaders is null ? null : new QueueLeaders(leaders, "/", Settings.LeaderRefreshInterval, TimeSpan.FromHours(1), NullLogger.Instance, Time) { Refreshed = CountRound };
        Publisher = new Publisher(new LaneContext
        {
            Leaders = Leaders,
            Settings = Settings,
            Sources = Sources,
            Routes = Routes,
            Ledger = Ledger,
            Logger = NullLogger.Instance,
            Time = Time,
        });
        if (isReady)
        {
            Routes.Declared.SetResult();
        }
    }

    public Watch Watch { get; } = new();

    public ManualTimeProvider Time { get; } = new();

    public PublisherSettings Settings { get; }

    public FakeSessionSource[] Sources { get; }

    public FakeRouteGuide Routes { get; } = new();

    public QueueLeaders? Leaders { get; }

    /// <summary>How many rounds of questions for leaders are over.</summary>
    public int LeaderRounds => Volatile.Read(ref _leaderRounds);

    public PublishLedger Ledger { get; }

    public Publisher Publisher { get; }

    public PublishCounts Counts => Publisher.Counts;

    /// <param name="connection">Whose session.</param>
    /// <param name="prepare">Done before anybody sees the session: a lane that has something to send writes at once.</param>
    public FakePublishSession Open(int connection = 0, Action<FakePublishSession>? prepare = null) => Sources[connection].Open(prepare);

    /// <summary>Opens a session that acknowledges each message inside its write.</summary>
    public FakePublishSession OpenAcking(int connection = 0) => Open(connection, static session => session.AckAll());

    public static OutboundMessage Message(string text, string exchange = "orders", string? key = null, TimeSpan? timeout = null)
        => new() { Exchange = exchange, RoutingKey = "eu", Body = Encoding.UTF8.GetBytes(text), OrderingKey = key, DeliveryTimeout = timeout };

    public Task<PublishReceipt> Publish(string text, string exchange = "orders", TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        => Publisher.PublishAsync(Message(text, exchange, timeout: timeout), cancellationToken).AsTask();

    /// <summary>Publishes the texts and waits until the session has as many writes more.</summary>
    public Task<Task<PublishReceipt>[]> PublishWrittenAsync(FakePublishSession session, params string[] texts) => PublishWrittenAsync(session, null, texts);

    /// <summary>The same with a deadline of their own.</summary>
    public async Task<Task<PublishReceipt>[]> PublishWrittenAsync(FakePublishSession session, TimeSpan? timeout, params string[] texts)
    {
        int before = session.Writes.Count;
        Task<PublishReceipt>[] tasks = [.. texts.Select(text => Publish(text, timeout: timeout))];
        await session.WrittenAsync(before + texts.Length);
        return tasks;
    }

    public static Task<PublishReceipt> Confirmed(Task<PublishReceipt> task) => task.WaitAsync(Watch.Limit);

    public static async Task<PublishException> Failed(Task<PublishReceipt> task, PublishFailure failure)
    {
        PublishException error = await Assert.ThrowsAsync<PublishException>(() => task.WaitAsync(Watch.Limit));
        Assert.Equal(failure, error.Failure);
        return error;
    }

    public static async Task<PublishCanceledException> Cancelled(Task<PublishReceipt> task, PublishFailure failure)
    {
        PublishCanceledException error = await Assert.ThrowsAsync<PublishCanceledException>(() => task.WaitAsync(Watch.Limit));
        Assert.Equal(failure, error.Failure);
        return error;
    }

    /// <summary>Lets the copy that is out stall, and each that follows it, until so many have.</summary>
    public async Task StallOnAsync(FakePublishSession other, int copies)
    {
        for (int copy = 1; copy <= copies; copy++)
        {
            await other.WrittenAsync(copy);
            await Watch.UntilAsync(() => Time.IsWaiting(Stall), "the copy's limit runs");
            Time.Advance(Stall + TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>Lets time pass, step by step and with the writer at rest after each, until the task has completed. Its messages must live for as long: what runs on other threads may need many steps.</summary>
    public async Task AdvanceUntilAsync(FakePublishSession session, Task task)
    {
        using var limit = new CancellationTokenSource(Watch.Limit);
        while (!task.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            Time.Advance(TimeSpan.FromSeconds(2));
            await session.QuietAsync();
        }
    }

    public static string[] Texts(IEnumerable<WrittenMessage> writes) => [.. writes.Select(static message => message.Text)];

    private void CountRound()
    {
        Interlocked.Increment(ref _leaderRounds);
        Watch.Changed();
    }

    public async ValueTask DisposeAsync()
    {
        Time.Stopping = null;
        Leaders?.Dispose();
        foreach (FakeSessionSource source in Sources)
        {
            (source.Session as FakePublishSession)?.Kill();
        }

        Routes.Declared.TrySetResult();
        await Publisher.CloseAsync(TimeSpan.Zero).WaitAsync(Watch.Limit);
    }
}

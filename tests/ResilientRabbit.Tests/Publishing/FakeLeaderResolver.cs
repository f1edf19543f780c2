using System.Collections.Concurrent;
using ResilientRabbit.Tests.Connections;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A resolver that says what the test says.</summary>
internal sealed class FakeLeaderResolver : IQueueLeaderResolver
{
    private readonly ConcurrentQueue<QueueLeaderQuery> _asked = new();

    public Watch Watch { get; } = new();

    public IReadOnlyCollection<QueueLeaderQuery> Asked => _asked;

    /// <summary>The leader of each destination, by its exchange.</summary>
    public Func<QueueLeaderQuery, string?> Leader { get; set; } = static _ => null;

    /// <summary>Completes only when the test says so.</summary>
    public Task? Held { get; set; }

    /// <summary>As <see cref="Held"/>, and heeds no token.</summary>
    public Task? Holding { get; set; }

    /// <summary>What the application does with the token.</summary>
    public Action<CancellationToken>? Asking { get; set; }

    public async ValueTask<string?> ResolveAsync(QueueLeaderQuery destination, CancellationToken cancellationToken)
    {
        Asking?.Invoke(cancellationToken);
        _asked.Enqueue(destination);
        Watch.Changed();
        if (Held is { } held)
        {
            await held.WaitAsync(cancellationToken);
        }

        await (Holding ?? Task.CompletedTask);
        return Leader(destination);
    }

    /// <summary>Waits for so many calls: the answers of all but the last one are known then, because there is one call at a time.</summary>
    public Task AskedAsync(int count) => Watch.UntilAsync(() => _asked.Count >= count, $"{count} calls of the resolver, seen {_asked.Count}");
}

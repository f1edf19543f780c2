using System.Collections.Concurrent;
using ResilientRabbit.Publishing;

namespace ResilientRabbit.Tests.Publishing;

internal sealed class FakeRouteGuide : IRouteGuide
{
    public TaskCompletionSource Declared { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ready => Declared.Task;

    /// <summary>The exchanges that the application declares.</summary>
    public HashSet<string> Known { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<string> Suspects { get; } = new();

    public bool Knows(string exchange, string routingKey) => Known.Contains(exchange);

    public bool KnowsExchange(string exchange) => Known.Contains(exchange);

    public void Suspect(string exchange, string routingKey) => Suspects.Enqueue(exchange);
}

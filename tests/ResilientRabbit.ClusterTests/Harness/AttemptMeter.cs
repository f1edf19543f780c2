using System.Diagnostics;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>Counts the connection attempts that reach some proxies, ten times a second.</summary>
public sealed class AttemptMeter : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyList<TcpProxy> _proxies;
    private readonly CancellationTokenSource _end = new();
    private readonly List<(TimeSpan At, int Count)> _samples = [];
    private readonly int _before;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Task _running;

    public AttemptMeter(IReadOnlyList<TcpProxy> proxies)
    {
        _proxies = proxies;
        _before = Accepted;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Attempts since the start.</summary>
    public int Count => Accepted - _before;

    private int Accepted => _proxies.Sum(static proxy => proxy.AcceptedCount);

    /// <summary>Attempts in the first second. The meter must have ended.</summary>
    public int InFirstSecond => CountAt(TimeSpan.FromSeconds(1));

    /// <summary>The most attempts of any second that began after the first one. The meter must have ended.</summary>
    public int MostInALaterSecond => _samples.Where(static sample => sample.At >= TimeSpan.FromSeconds(1)).Select(sample => CountAt(sample.At + TimeSpan.FromSeconds(1)) - sample.Count).DefaultIfEmpty(0).Max();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        _end.Dispose();
    }

    private int CountAt(TimeSpan time) => _samples.Last(sample => sample.At <= time + Step).Count;

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            _samples.Add((Stopwatch.GetElapsedTime(_start), Count));
            await Task.WhenAny(Task.Delay(Step, _end.Token));
        }
    }
}

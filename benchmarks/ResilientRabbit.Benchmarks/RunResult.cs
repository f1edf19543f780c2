namespace ResilientRabbit.Benchmarks;

/// <summary>What one child process measured; travels as one line of JSON.</summary>
internal sealed record RunResult
{
    public required int Messages { get; init; }

    public required double Seconds { get; init; }

    public required double CpuSeconds { get; init; }

    public required long AllocatedBytes { get; init; }

    /// <summary>From the call to the observed confirm, in milliseconds; of a batch, the whole batch.</summary>
    public required double P50 { get; init; }

    public required double P99 { get; init; }

    public required long LockContentions { get; init; }

    public required long PoolWorkItems { get; init; }

    public required int[] Collections { get; init; }

    public required double LoadAverage { get; init; }

    public Dictionary<string, double> BytesByType { get; init; } = [];

    public double PerSecond => Messages / Seconds;

    public double CpuMicroseconds => CpuSeconds * 1e6 / Messages;

    public double BytesPerMessage => (double)AllocatedBytes / Messages;
}

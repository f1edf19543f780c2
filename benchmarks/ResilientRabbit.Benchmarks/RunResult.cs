using System.Text.Json;
using System.Text.Json.Serialization;

namespace ResilientRabbit.Benchmarks;

/// <summary>What one child process measured; travels as one line of JSON.</summary>
internal sealed record RunResult
{
    /// <summary>What was not measured is not a number, which plain JSON does not know.</summary>
    public static JsonSerializerOptions Json { get; } = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public required int Messages { get; init; }

    public required double Seconds { get; init; }

    public required double CpuSeconds { get; init; }

    public required long AllocatedBytes { get; init; }

    /// <summary>From the call to the observed confirm, in milliseconds; of a batch, the whole batch.</summary>
    public required double P50 { get; init; }

    public required double P99 { get; init; }

    /// <summary>How long the publishing call itself took, in milliseconds; not a number where that is not measured apart.</summary>
    public required double CallP99 { get; init; }

    public required long LockContentions { get; init; }

    public required long PoolWorkItems { get; init; }

    public required int[] Collections { get; init; }

    public required double LoadAverage { get; init; }

    public Dictionary<string, double> BytesByType { get; init; } = [];

    public double PerSecond => Messages / Seconds;

    public double CpuMicroseconds => CpuSeconds * 1e6 / Messages;

    public double BytesPerMessage => (double)AllocatedBytes / Messages;
}

using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using BenchmarkDotNet.Validators;
using Perfolizer.Horology;

namespace ResilientRabbit.MicroBenchmarks;

/// <summary>How all is measured: in this process, because the project that BenchmarkDotNet would make and build for each benchmark does not know this repository's folders.</summary>
internal static class MicroConfig
{
    /// <param name="isShort">Few and short iterations: to see that all runs, and the order of magnitude.</param>
    /// <param name="artifacts">Where logs go.</param>
    public static IConfig Create(bool isShort, string artifacts)
    {
        Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithIterationTime(TimeInterval.FromMilliseconds(isShort ? 100 : 250));
        return ManualConfig.CreateEmpty()
            .AddJob(isShort ? job.WithWarmupCount(3).WithIterationCount(5) : job.WithWarmupCount(8).WithIterationCount(20))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddValidator(JitOptimizationsValidator.FailOnError)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .WithArtifactsPath(artifacts);
    }
}

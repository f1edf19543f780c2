using System.Globalization;
using ResilientRabbit.Benchmarks;
using ResilientRabbit.Benchmarks.Running;
using ResilientRabbit.Benchmarks.Wire;

switch (args)
{
    case ["sink", ..]:
        await AckSink.RunAsync(isSingle: args is [_, "single"]);
        break;
    case ["relay", var port, var milliseconds]:
        await DelayRelay.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture)));
        break;
    case ["run", ..]:
        await ChildRun.RunAsync(RunSettings.Parse(args));
        break;
    case ["consume", ..]:
        await ConsumeBenchmark.RunAsync(args);
        break;
    case ["--packed", ..]:
        await PackedBenchmark.RunAsync(args);
        break;
    default:
        await Benchmark.RunAsync(BenchmarkPlan.Parse(args));
        break;
}

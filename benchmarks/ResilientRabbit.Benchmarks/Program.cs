using ResilientRabbit.Benchmarks;
using ResilientRabbit.Benchmarks.Running;
using ResilientRabbit.Benchmarks.Wire;

switch (args)
{
    case ["sink", ..]:
        await AckSink.RunAsync(isSingle: args is [_, "single"]);
        break;
    case ["run", ..]:
        await ChildRun.RunAsync(RunSettings.Parse(args));
        break;
    case ["consume", ..]:
        await ConsumeBenchmark.RunAsync(args);
        break;
    default:
        await Benchmark.RunAsync(BenchmarkPlan.Parse(args));
        break;
}

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using ResilientRabbit.MicroBenchmarks;

// The folder that every output of the build is in; the program is in bin/<project>/<configuration> below it.
string artifacts = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "micro"));
bool isShort = args.Contains("--short", StringComparer.Ordinal);
string[] rest = [.. args.Where(static argument => argument is not "--short")];
IConfig config = MicroConfig.Create(isShort, artifacts);

// Without a filter the switcher would ask which ones.
var summaries = BenchmarkSwitcher.FromAssembly(typeof(MicroConfig).Assembly).Run(rest.Length > 0 ? rest : ["--filter", "*"], config).ToList();
if (summaries.Count > 0)
{
    string text = MicroReport.ToMarkdown(summaries, isShort);
    Console.WriteLine(text);
    await File.WriteAllTextAsync(Path.Combine(artifacts, "micro.md"), text);
}

using System.Diagnostics;
using System.Text.Json;

namespace ResilientRabbit.Benchmarks.Running;

/// <summary>This program again, with other arguments. Ends with its standard input, and is killed at dispose.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public static ChildProcess Start(params string[] arguments)
    {
        // Started through the dotnet host the program is the assembly, else the executable.
        string host = Environment.ProcessPath!;
        string[] all = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(ChildProcess).Assembly.Location, .. arguments] : arguments;
        return new ChildProcess(Process.Start(new ProcessStartInfo(host, all) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!);
    }

    public static async Task<RunResult> MeasureAsync(RunSettings settings)
    {
        using ChildProcess child = Start(settings.ToArguments());
        string line = await child.ReadLineAsync();
        return JsonSerializer.Deserialize<RunResult>(line, RunResult.Json)!;
    }

    public async Task<string> ReadLineAsync()
        => await _process.StandardOutput.ReadLineAsync().WaitAsync(Limit) ?? throw new InvalidOperationException("A child process ended without its result.");

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ResilientRabbit.ProtocolTests.Children;

/// <summary>Runs this program once more as a child, under a memory limit, and waits for its end.</summary>
public static class ChildProcess
{
    public const string Verb = "child";

    /// <summary>The managed heap of a child: a client that believes a hostile size dies of it.</summary>
    private const long HeapLimit = 96 * 1024 * 1024;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <param name="name">What the child shall do: a name of <see cref="ChildProgram"/>.</param>
    /// <param name="port">The broker's port.</param>
    /// <param name="ready">What to do when the child says READY.</param>
    /// <param name="variables">Environment variables beyond the memory limit.</param>
    public static async Task<ChildResult> RunAsync(string name, int port, Func<Task>? ready = null, params (string Name, string Value)[] variables)
    {
        string library = typeof(ChildProcess).Assembly.Location;
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.Add(library);
        }

        foreach (string argument in new[] { Verb, name, port.ToString(CultureInfo.InvariantCulture) })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_GCHeapHardLimit"] = HeapLimit.ToString("X", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        foreach ((string variable, string value) in variables)
        {
            start.Environment[variable] = value;
        }

        using Process process = Process.Start(start)!;
        var output = new StringBuilder();
        Task reading = Task.WhenAll(ReadAsync(process.StandardOutput, output, ready), ReadAsync(process.StandardError, output, ready: null));
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await reading;
            throw new TimeoutException($"The child '{name}' did not end within {Patience}. It said: {output}");
        }

        await reading;
        return new ChildResult(process.ExitCode, output.ToString());
    }

    private static async Task ReadAsync(StreamReader reader, StringBuilder output, Func<Task>? ready)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line is "READY" && ready is not null)
            {
                await ready();
            }

            lock (output)
            {
                // A stack overflow prints each of its frames.
                if (output.Length < 20_000)
                {
                    output.AppendLine(line);
                }
            }
        }
    }
}

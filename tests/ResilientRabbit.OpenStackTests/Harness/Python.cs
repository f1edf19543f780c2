using System.Diagnostics;

namespace ResilientRabbit.OpenStackTests.Harness;

/// <summary>The system's Python with Debian's oslo.messaging.</summary>
internal static class Python
{
    // Not the first one in the PATH: Debian's packages are the system Python's.
    private const string Program = "/usr/bin/python3";

    private static readonly Lazy<string?> Missing = new(FindMissing);

    /// <summary>Null when it is there, else the reason why not.</summary>
    public static string? MissingPrerequisite => Missing.Value;

    public static string ScriptPath(string name) => Path.Combine(AppContext.BaseDirectory, "Python", name);

    /// <summary>Starts a script; the caller disposes the process.</summary>
    public static Process Start(string script, params string[] arguments)
        => Process.Start(new ProcessStartInfo(Program, ["-u", ScriptPath(script), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;

    /// <summary>Runs a script to its end and returns what it wrote.</summary>
    public static async Task<string> RunAsync(string script, string input, TimeSpan limit)
    {
        using Process process = Start(script);
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{script} ended with {process.ExitCode}: {await error}");
        }
        catch (OperationCanceledException exception)
        {
            process.Kill();
            throw new TimeoutException($"{script} did not end within {limit}.", exception);
        }
    }

    private static string? FindMissing()
    {
        if (!File.Exists(Program))
        {
            return "There is no system Python (Debian package python3).";
        }

        using Process process = Process.Start(new ProcessStartInfo(Program, ["-c", "import oslo_messaging, oslo_config, kombu"]) { RedirectStandardError = true, UseShellExecute = false })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"Debian's package python3-oslo.messaging is not installed ({error.Trim().Split('\n')[^1]}).";
    }
}

using System.Diagnostics;
using System.Globalization;

namespace ResilientRabbit.Clusters;

/// <summary>
/// A child that cannot outlive this process. It runs in a session of its own under a small shell that reads from a pipe which
/// this process holds open: when this process ends, however it ends, the shell reads the end of the pipe and kills its whole
/// process group, and SIGKILL also ends what is stopped.
/// </summary>
internal sealed class GuardedProcess : IDisposable
{
    private const string Guard =
        """
        exec 3<&0
        "$@" </dev/null 3<&- >>"$RR_GUARD_OUTPUT" 2>&1 &
        child=$!
        (
          while read -r line <&3; do :; done
          if [ -n "$RR_GUARD_REMOVE" ]; then sleep 2; rm -rf "$RR_GUARD_REMOVE"; fi
          kill -KILL 0
        ) </dev/null >/dev/null 2>&1 &
        watcher=$!
        wait "$child"
        code=$?
        kill "$watcher"
        exit "$code"
        """;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private readonly Process _shell;
    private readonly int _group;
    private readonly string _program;
    private bool _isDisposed;

    private GuardedProcess(Process shell, string program)
    {
        _shell = shell;
        _group = shell.Id;
        _program = program;
    }

    private string GroupId => _group.ToString(CultureInfo.InvariantCulture);

    public bool IsRunning => !_isDisposed && !_shell.HasExited;

    /// <param name="program">The name that the wanted process has in /proc, which may be a descendant of the command.</param>
    /// <param name="command">The command and its arguments.</param>
    /// <param name="environment">Variables to set; null removes one.</param>
    /// <param name="output">The file to which its output is appended.</param>
    /// <param name="removeAtEnd">A folder that the guard removes when this process ends without having done so.</param>
    public static GuardedProcess Start(
        string program, IReadOnlyList<string> command, IReadOnlyDictionary<string, string?> environment, string output, string? removeAtEnd = null)
    {
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Guard, "guard", .. command]) { RedirectStandardInput = true, UseShellExecute = false };
        CommandRunner.Apply(start, environment);
        start.Environment["RR_GUARD_OUTPUT"] = output;
        start.Environment["RR_GUARD_REMOVE"] = removeAtEnd ?? "";
        start.WorkingDirectory = Path.GetDirectoryName(output);

        return new GuardedProcess(Process.Start(start)!, program);
    }

    public void Signal(Signal signal)
    {
        var pid = FindProcessId() ?? throw new InvalidOperationException($"There is no process {_program} in group {GroupId}.");
        Signals.Send(pid, signal);
    }

    /// <summary>Signals every process of that name: the program may have children that are itself.</summary>
    public void SignalAll(Signal signal)
    {
        foreach (var member in FindNamed())
        {
            Signals.TrySend(member, signal);
        }
    }

    /// <summary>The wanted process; null when it is not there.</summary>
    public int? FindProcessId() => FindNamed().Select(static id => (int?)id).FirstOrDefault();

    /// <summary>Kills the process, its relatives and the guard; returns when none of them is left.</summary>
    public async Task KillAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        Signals.TrySend(-_group, Clusters.Signal.Kill);
        await WaitForEndAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
    }

    public async Task WaitForEndAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await Waiting.UntilAsync(
            () => Task.FromResult(FindGroup().Count == 0 ? null : $"process group {GroupId} still exists"),
            $"The end of {_program}", timeout, PollInterval, cancellationToken);
        await _shell.WaitForExitAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Signals.TrySend(-_group, Clusters.Signal.Kill);
            _shell.Dispose();
        }
    }

    private IEnumerable<int> FindNamed() =>
        _isDisposed ? [] : FindGroup().Where(member => string.Equals(member.Program, _program, StringComparison.Ordinal)).Select(static member => member.Id);

    private List<(int Id, string Program)> FindGroup()
    {
        var members = new List<(int Id, string Program)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && ReadProgram(folder) is { } program)
            {
                members.Add((id, program));
            }
        }

        return members;
    }

    /// <summary>The program's name when the process belongs to this group and is no zombie.</summary>
    private string? ReadProgram(string folder)
    {
        try
        {
            // "pid (name) state parent group ...", and the name may hold anything.
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            var end = text.LastIndexOf(')');
            var fields = text[(end + 2)..].Split(' ', count: 4);
            var isMember = string.Equals(fields[2], GroupId, StringComparison.Ordinal);

            return isMember && fields[0] is not ("Z" or "X") ? text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..end] : null;
        }
        catch (IOException)
        {
            // It ended while we looked.
            return null;
        }
    }
}

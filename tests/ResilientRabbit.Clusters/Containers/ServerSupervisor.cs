namespace ResilientRabbit.Clusters;

/// <summary>
/// The container's first process: a shell that starts the server when a file asks for it and outlives it. So a killed server
/// does not end its container: the mapped ports and the name stay, data can be wiped while it is down, and a start is a file.
/// </summary>
/// <param name="Prepare">Shell commands that run once.</param>
/// <param name="Server">The command that runs the server in the foreground.</param>
/// <param name="CommandLinePattern">Tells the server's own process by its command line, which has its arguments separated by blanks.</param>
internal sealed record ServerSupervisor(string Prepare, string Server, string CommandLinePattern)
{
    private const string Wanted = "/tmp/resilient-rabbit-run";

    public string[] EntryPoint =>
    [
        "sh", "-c",
        $"""
        {Prepare}
        while :; do
          if [ -e {Wanted} ]; then
            {Server}
            rm -f {Wanted}
          fi
          sleep 0.1
        done
        """,
    ];

    public static string[] Start => ["sh", "-c", $": > {Wanted}"];

    /// <summary>Prints yes while the server is wanted and has not ended.</summary>
    public static string[] IsRunning => ["sh", "-c", $"if [ -e {Wanted} ]; then echo yes; fi"];

    /// <summary>Sends the signal and waits until the supervisor has seen the end of the server.</summary>
    public string[] EndWith(string signal) =>
    [
        "sh", "-c",
        $"""
        while [ -e {Wanted} ]; do
          {Find($"kill -{signal} \"${{p#/proc/}}\" 2>/dev/null")}
          for i in 1 2 3 4 5 6 7 8 9 10; do
            [ -e {Wanted} ] || exit 0
            sleep {(string.Equals(signal, "KILL", StringComparison.Ordinal) ? "0.02" : "1")}
          done
        done
        """,
    ];

    // Without pgrep: slim images do not have it. The pattern must not match this shell's own command line, hence the name of the program too.
    private string Find(string action) =>
        $"for p in /proc/[0-9]*; do " +
        $"if ! grep -qs '^sh$' $p/comm && tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q -- '{CommandLinePattern}'; then {action}; fi; done";
}

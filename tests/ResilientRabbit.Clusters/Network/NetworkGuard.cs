using System.Diagnostics;

namespace ResilientRabbit.Clusters;

/// <summary>
/// Takes away the namespaces and interfaces whose names begin with a prefix: when asked, or when this process is gone, however it went. It is a small shell in a
/// session of its own that reads from a pipe which this process holds open.
/// </summary>
internal sealed class NetworkGuard
{
    // The ends of the links that are here go first: a namespace lives as long as a process in it, and its links with it.
    private const string Guard =
        """
        while read -r line; do :; done
        for link in /sys/class/net/"$1"*; do
          [ ! -e "$link" ] || ip link delete "${link##*/}"
        done
        for host in /run/netns/"$1"*; do
          [ ! -e "$host" ] || ip netns delete "${host##*/}"
        done
        """;

    private readonly Process _shell;

    public NetworkGuard(string prefix)
    {
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Guard, "guard", prefix]) { RedirectStandardInput = true, UseShellExecute = false };
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin";
        _shell = Process.Start(start)!;
    }

    public async Task CleanUpAsync()
    {
        _shell.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _shell.WaitForExitAsync(limit.Token);
        _shell.Dispose();
    }
}

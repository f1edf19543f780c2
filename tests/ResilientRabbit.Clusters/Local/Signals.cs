using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ResilientRabbit.Clusters;

internal static class Signals
{
    /// <param name="processId">A negative number names a process group.</param>
    /// <param name="signal">The signal.</param>
    public static void Send(int processId, Signal signal)
    {
        if (!TrySend(processId, signal))
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), FormattableString.Invariant($"Signal {signal} did not reach process {processId}."));
        }
    }

    public static bool TrySend(int processId, Signal signal) => Kill(processId, (int)signal) == 0;

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}

using System.Diagnostics;

namespace ResilientRabbit.Connections;

/// <summary>Tells whether a write comes after a quiet moment. Used under the sender's lock.</summary>
internal struct WritePace
{
    private static readonly long QuietPeriod = Stopwatch.Frequency / 20_000;

    private long _last;

    /// <summary>Notes a write. True when the one before it is a while ago.</summary>
    public bool Write()
    {
        long now = Stopwatch.GetTimestamp();
        bool isQuiet = now - _last > QuietPeriod;
        _last = now;
        return isQuiet;
    }
}

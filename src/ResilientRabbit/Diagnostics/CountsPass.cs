using System.Diagnostics;

namespace ResilientRabbit.Diagnostics;

/// <summary>
/// Gives the instruments that add up the same counts within one collection. A collection calls them on one thread in the order in which they
/// were made, so that an instrument which is not behind the one called before it begins a new collection.
/// </summary>
internal sealed class CountsPass
{
    /// <summary>Only two collectors that read different instruments on one thread could get older counts than this.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromSeconds(10);

    [ThreadStatic]
    private static CountsPass? _current;

    private readonly List<(ClientTelemetry Client, PublishCounts Counts)> _counts = [];
    private Instruments? _owner;
    private int _last;
    private long _takenAt;

    /// <summary>The counts of all clients for the instrument with this number.</summary>
    public static IReadOnlyList<(ClientTelemetry Client, PublishCounts Counts)> For(Instruments owner, int number)
    {
        CountsPass pass = _current ??= new CountsPass();
        if (pass._owner != owner || number <= pass._last || Stopwatch.GetElapsedTime(pass._takenAt) > Oldest)
        {
            pass.Take(owner);
        }

        pass._last = number;
        return pass._counts;
    }

    private void Take(Instruments owner)
    {
        _owner = owner;
        _takenAt = Stopwatch.GetTimestamp();
        _counts.Clear();
        foreach (ClientTelemetry client in owner.Clients)
        {
            if (client.Measured is { } measured)
            {
                _counts.Add((client, measured.Counts));
            }
        }
    }
}

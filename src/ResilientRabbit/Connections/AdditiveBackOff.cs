namespace ResilientRabbit.Connections;

/// <summary>
/// The pauses of oslo.messaging: none within one round of the endpoints, then one that grows by a step after each round up to a limit.
/// Up to a tenth is added at random, so that many clients do not come back at the same moment. Not thread-safe.
/// </summary>
internal sealed class AdditiveBackOff(TimeSpan first, TimeSpan step, TimeSpan longest)
{
    private const double LargestJitter = 0.1;

    private int _failures;
    private int _rounds;

    /// <summary>The pause after one more failed attempt.</summary>
    /// <param name="endpoints">How many endpoints a round has.</param>
    /// <param name="jitter">A random number from 0 to 1.</param>
    public TimeSpan Next(int endpoints, double jitter)
    {
        _failures++;
        if (_failures < endpoints)
        {
            return TimeSpan.Zero;
        }

        _failures = 0;
        double ticks = Math.Min(first.Ticks + ((double)step.Ticks * _rounds++), longest.Ticks);
        return TimeSpan.FromTicks((long)(ticks * (1 + (jitter * LargestJitter))));
    }

    /// <summary>Begins anew after a success.</summary>
    public void Reset()
    {
        _failures = 0;
        _rounds = 0;
    }
}

namespace ResilientRabbit.Connections;

/// <summary>A session that opens and dies at once, again and again, must not be a loop without a pause.</summary>
internal sealed class ShortLives(TimeSpan delay, TimeSpan maxDelay)
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    private int _inARow;

    /// <summary>The pause that is due after a life of this length; zero for the first short one and after any other.</summary>
    /// <param name="life">How long the session lived.</param>
    /// <param name="jitter">A random number from 0 to 1.</param>
    public TimeSpan RestAfter(TimeSpan life, double jitter)
    {
        _inARow = life < Short ? _inARow + 1 : 0;
        if (_inARow < 2)
        {
            return TimeSpan.Zero;
        }

        // Cut off first: the jitter is for the longest rest as well.
        double rest = Math.Min(delay.Ticks * Math.Pow(2, Math.Min(_inARow - 2, 20)), maxDelay.Ticks);
        return TimeSpan.FromTicks((long)(rest * (0.5 + (jitter / 2))));
    }
}

using Microsoft.Extensions.Logging;

namespace ResilientRabbit.Diagnostics;

/// <summary>Lets the same words through once a minute and counts the repeats in between. Thread-safe.</summary>
internal sealed class RepeatLimit(TimeProvider time)
{
    private const int MaxTexts = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long At, int Repeats)> _said = new(StringComparer.Ordinal);

    /// <summary>Whether something is to be said.</summary>
    /// <param name="text">What makes it the same.</param>
    /// <param name="repeats">How many times it was not said since the last time it was.</param>
    public bool TryTake(string text, out int repeats)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            bool isKnown = _said.TryGetValue(text, out (long At, int Repeats) said);
            if (isKnown && time.GetElapsedTime(said.At, now) < Interval)
            {
                _said[text] = (said.At, said.Repeats + 1);
                repeats = 0;
                return false;
            }

            if (_said.Count >= MaxTexts)
            {
                _said.Clear();
            }

            repeats = said.Repeats;
            _said[text] = (now, 0);
            return true;
        }
    }

    /// <summary>The level for what is said about one message: Debug for repeats, so that a flood of messages is no flood of lines.</summary>
    /// <param name="loud">The level otherwise.</param>
    /// <param name="text">What makes it the same.</param>
    /// <param name="repeats">How many times it was said at Debug only since the last time.</param>
    public LogLevel LevelOf(LogLevel loud, string text, out int repeats) => TryTake(text, out repeats) ? loud : LogLevel.Debug;
}

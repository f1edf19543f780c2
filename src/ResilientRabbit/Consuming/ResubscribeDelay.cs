namespace ResilientRabbit.Consuming;

/// <summary>How long to wait before the next attempt to consume: exponential, capped, with jitter.</summary>
internal static class ResubscribeDelay
{
    private static readonly TimeSpan Base = TimeSpan.FromMilliseconds(100);

    /// <summary>Short: a queue that comes back shall be consumed within two seconds.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1.5);

    /// <summary>After an attempt that was not answered: it has waited for its answer, and the queue may be back at any moment.</summary>
    private static readonly TimeSpan LongestUnanswered = TimeSpan.FromSeconds(0.25);

    /// <summary>So many attempts, and the outage is a long one.</summary>
    private const int MostHurried = 20;

    /// <summary>After a refusal that closed the whole connection: an early repetition would cost the other subscriptions theirs.</summary>
    private static readonly TimeSpan LongestAfterConnectionClose = TimeSpan.FromSeconds(30);

    /// <param name="failures">Failed attempts in a row; 0 stands for the first attempt after a loss, which is made at once.</param>
    /// <param name="replyCode">The broker's reply code of the last failure; 0 when it gave none.</param>
    /// <param name="jitter">A random number from 0 to 1.</param>
    /// <param name="isUnanswered">Whether the last attempt was given up without an answer.</param>
    public static TimeSpan Of(int failures, int replyCode, double jitter, bool isUnanswered = false)
    {
        if (failures <= 0)
        {
            return TimeSpan.Zero;
        }

        bool closesConnection = replyCode is 501 or 502 or 503 or 504 or 505 or 540;
        TimeSpan longest = closesConnection ? LongestAfterConnectionClose : isUnanswered && failures <= MostHurried ? LongestUnanswered : Longest;
        TimeSpan delay = Base * Math.Pow(2, Math.Min(failures - 1, 20));
        return (delay < longest ? delay : longest) * (0.5 + (jitter / 2));
    }
}

using ResilientRabbit.Configuration;

namespace ResilientRabbit.Connections;

/// <summary>How long a connection rests after a failed attempt.</summary>
/// <remarks>Used by the attempts of one connection, one at a time.</remarks>
internal sealed class ConnectPauses(ClientSettings settings, EndpointSelector selector, TimeProvider time)
{
    /// <summary>Polly refuses longer delays, and time limits below ten milliseconds and above a day unless they are generated.</summary>
    public static readonly TimeSpan LongestOfPolly = TimeSpan.FromDays(1);

    /// <summary>How long after a loss a virtual IP is expected to be on its way to another host: VRRP takes three to four seconds with its usual times.</summary>
    private static readonly TimeSpan MovePeriod = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MovePause = TimeSpan.FromSeconds(1);

    /// <summary>After an attempt that was not answered, and has taken a second by that: the address may have arrived just behind it.</summary>
    private static readonly TimeSpan MovePauseAfterSilence = TimeSpan.FromMilliseconds(250);

    private readonly AdditiveBackOff? _additive = settings.ReconnectStep is { } step ? new AdditiveBackOff(settings.ReconnectDelay, step, settings.ReconnectMaxDelay) : null;
    private int _refusals;
    private long _outSince = time.GetTimestamp();

    /// <summary>A session is in use: the pauses begin small again.</summary>
    public void Reset()
    {
        _refusals = 0;
        _additive?.Reset();
    }

    /// <summary>A session was lost.</summary>
    public void NoteLoss() => _outSince = time.GetTimestamp();

    /// <summary>The pause after a failed attempt; null: Polly's exponential delay with jitter.</summary>
    /// <param name="exception">How it failed.</param>
    /// <param name="attempt">How many failed before it.</param>
    /// <param name="endpoint">Where it went.</param>
    /// <param name="hasOtherAddress">Whether the endpoint's name has addresses that were not tried.</param>
    public TimeSpan? After(Exception exception, int attempt, RabbitEndpoint? endpoint, bool hasOtherAddress)
    {
        if (endpoint is { } tried && !selector.Knows(tried))
        {
            // It was removed meanwhile, and says nothing of those that are in the list now.
            return TimeSpan.Zero;
        }

        double random = Random.Shared.NextDouble();
        ConnectionFailureReason reason = FailureClassifier.Classify(exception);
        if (reason == ConnectionFailureReason.VirtualHostRefused && (hasOtherAddress ? _refusals : ++_refusals) < selector.Count)
        {
            // It may be down on one node only, and each address of a name may be one. Users and passwords are the cluster's: another node says the same.
            return TimeSpan.Zero;
        }

        if (FailureClassifier.IsRefusal(reason))
        {
            return settings.ReconnectMaxDelay * (1 + (random / 10));
        }

        if (hasOtherAddress && reason != ConnectionFailureReason.CredentialsUnavailable)
        {
            // Another address of the same name is a different door, not a repetition; the provider of credentials is the same one.
            return TimeSpan.Zero;
        }

        if (_additive is not null)
        {
            return _additive.Next(selector.Count, random);
        }

        TimeSpan grown = TimeSpan.FromTicks((long)Math.Min(settings.ReconnectDelay.Ticks * Math.Pow(2, Math.Min(attempt, 32)), settings.ReconnectMaxDelay.Ticks));
        if (settings.ConnectionMode == ConnectionMode.VirtualIp && time.GetElapsedTime(_outSince) < MovePeriod)
        {
            TimeSpan most = reason == ConnectionFailureReason.TimedOut ? MovePauseAfterSilence : MovePause;
            return (grown < most ? grown : most) * (0.5 + (random / 2));
        }

        // Polly cuts its delay off at the longest one and loses the jitter there: clients that were lost together would come together for ever.
        return grown < settings.ReconnectMaxDelay && grown <= LongestOfPolly ? null : grown * (0.5 + (random / 2));
    }
}

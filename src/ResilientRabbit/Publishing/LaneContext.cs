using Microsoft.Extensions.Logging;
using ResilientRabbit.Configuration;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Publishing;

/// <summary>What the lanes of one publisher share, and how a settled message is finished.</summary>
internal sealed class LaneContext
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    public required PublisherSettings Settings { get; init; }

    /// <summary>The publish connections; lane n lives on number n modulo their count.</summary>
    public required IReadOnlyList<ISessionSource> Sources { get; init; }

    public required IRouteGuide Routes { get; init; }

    public required PublishLedger Ledger { get; init; }

    /// <summary>Which nodes lead the queues; null where lanes do not follow them.</summary>
    public QueueLeaders? Leaders { get; init; }

    public MessagePool Pool => field ??= new MessagePool(Settings.MaxPendingMessages);

    public CompletionQueue Completions => Pool.Completions;

    public Quarantine Quarantine => field ?? Interlocked.CompareExchange(ref field, new Quarantine(Time), null) ?? field;

    public ConfirmedExchanges Confirmed { get; } = new();

    public required ILogger Logger { get; init; }

    public required TimeProvider Time { get; init; }

    public ClientTelemetry Telemetry { get; init; } = ClientTelemetry.None;

    public PublishMeter Meter => field ?? Interlocked.CompareExchange(ref field, new PublishMeter(Telemetry, Time, Settings.Lanes + 1), null) ?? field;

    /// <summary>
    /// How long a message rests before its next copy, in units of the time provider's timestamp: doubling. Without jitter, so that messages
    /// that were nacked together, as at a quorum queue without a leader, go again in their order.
    /// </summary>
    public long RetryPause(int answered)
    {
        double ticks = Math.Min(FirstPause.Ticks * Math.Pow(2, Math.Min(answered, 16)), LongestPause.Ticks);
        return (long)(ticks * Time.TimestampFrequency / TimeSpan.TicksPerSecond);
    }

    /// <summary>Counts the outcome, then tells the caller. Called exactly once for each message, by whoever settled it.</summary>
    public void Finish(PendingMessage message, SettleKind kind, Exception? cause = null)
    {
        if (kind == SettleKind.Confirmed)
        {
            Confirmed.Add(message.Exchange);
            Ledger.Release(message, null);
            Meter.Finished(message, null);
            message.Complete(null);
            return;
        }

        Exception error = PublishErrors.Create(message, kind, this, cause, out PublishFailure failure);
        Ledger.Release(message, failure);
        Meter.Finished(message, failure);
        message.Complete(error);

        Log(error);
    }

    /// <summary>Settles those of a batch whose time was over before there was room for them: they must not be written any more.</summary>
    public void SettleLate(ReadOnlySpan<PendingMessage> prepared)
    {
        long now = Time.GetTimestamp();
        foreach (PendingMessage message in prepared)
        {
            if (message.Deadline <= now)
            {
                message.Lane.Settle(message, message.Version, SettleKind.Expired);
            }
        }
    }

    /// <summary>Why there is no connection at the moment, as far as one of them knows.</summary>
    public ConnectionException? LastError => Sources.Select(static source => source.LastError).FirstOrDefault(static error => error is not null);

    private void Log(Exception error)
    {
        try
        {
            if (error is PublishException { Failure: PublishFailure.Unknown } unknown)
            {
                Logger.PublishUnknown(unknown.Exchange, unknown.RoutingKey, unknown.MessageId, unknown.Attempts);
            }
            else if (error is PublishException { Failure: PublishFailure.Unroutable } unroutable)
            {
                Logger.PublishUnroutable(unroutable.Exchange, unroutable.RoutingKey, unroutable.MessageId);
            }
        }
        catch (Exception)
        {
            // A logger that throws must not cost the next message of the same answer its outcome.
        }
    }
}

using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Declaring;

/// <summary>One walk over what is due, on a private channel: a refusal costs the channel, not the entities after it.</summary>
internal sealed class DeclarationPass(ConnectionSupervisor control, DeclarationRegistry registry, TimeSpan requestTimeout, ILogger logger, TimeProvider time)
{
    /// <summary>The first attempt's time limit. A queue without a leader answers nothing: it shall not hold up the others for the whole request timeout.</summary>
    private static readonly TimeSpan FirstAttemptTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Tries each due entity once.</summary>
    /// <returns>True when nothing is left to do.</returns>
    public async ValueTask<bool> RunAsync(CancellationToken stop)
    {
        DeclarationAttempt[] due = registry.Due();
        if (due.Length == 0)
        {
            return true;
        }

        ConnectionEpoch epoch = await control.GetEpochAsync(stop).ConfigureAwait(false);
        using var token = CancellationTokenSource.CreateLinkedTokenSource(epoch.Dead, stop);
        long started = time.GetTimestamp();
        IChannel? channel = null;
        int declared = 0;
        foreach (DeclarationAttempt attempt in due)
        {
            if (token.IsCancellationRequested)
            {
                break;
            }

            channel ??= await OpenAsync(epoch, token.Token).ConfigureAwait(false);
            if (channel is null)
            {
                break;
            }

            if (await TryAsync(channel, attempt, epoch, token.Token).ConfigureAwait(false))
            {
                declared++;
            }
            else
            {
                epoch.Retire(channel);
                channel = null;
            }
        }

        if (channel is not null)
        {
            epoch.Retire(channel);
        }

        if (declared > 0 && logger.IsEnabled(LogLevel.Information))
        {
            logger.TopologyDeclared(declared, due.Length, time.GetElapsedTime(started));
        }

        stop.ThrowIfCancellationRequested();
        return !registry.HasPending;
    }

    private async Task<IChannel?> OpenAsync(ConnectionEpoch epoch, CancellationToken cancellationToken)
    {
        try
        {
            return await epoch.OpenChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            logger.TopologyChannelFailed(PeerText.Sanitize(exception.Message));
            return null;
        }
    }

    /// <summary>Declares one entity.</summary>
    /// <returns>False when the channel cannot be used any more.</returns>
    private async Task<bool> TryAsync(IChannel channel, DeclarationAttempt attempt, ConnectionEpoch epoch, CancellationToken cancellationToken)
    {
        try
        {
            TimeSpan patient = FirstAttemptTimeout * (attempt.Failures + 1);
            channel.ContinuationTimeout = patient < requestTimeout ? patient : requestTimeout;
            await EntityDeclaration.DeclareAsync(channel, attempt.Spec, cancellationToken).ConfigureAwait(false);
            registry.Succeeded(attempt);
            return true;
        }
        catch (Exception exception)
        {
            // Cancelled without a loss: the client stops, and nothing is to be concluded from that.
            ConnectionLoss? loss = epoch.IsDead ? await epoch.Lost.ConfigureAwait(false) : null;
            if (loss is not null || !cancellationToken.IsCancellationRequested)
            {
                Failed(attempt, DeclarationFailure.Of(exception, loss, attempt.Failures), exception);
            }

            return false;
        }
    }

    private void Failed(DeclarationAttempt attempt, DeclarationFailure failure, Exception exception)
    {
        if (failure.Verdict == DeclarationVerdict.SessionLost)
        {
            return;
        }

        bool mayHeal = failure.Verdict == DeclarationVerdict.Transient
            || (failure.Verdict == DeclarationVerdict.Missing && attempt.Spec is BindingSpec binding && registry.RequestMissing(binding, failure.ReplyText));
        if (mayHeal)
        {
            registry.Postponed(attempt);
            logger.TopologyPostponed(attempt.Failures == 0 ? LogLevel.Warning : LogLevel.Debug, attempt.Entry.Display, attempt.Failures + 1, failure.ReplyCode, failure.ReplyText);
            return;
        }

        string message = FormattableString.Invariant($"The broker refused to declare the {attempt.Entry.Display} ({failure.ReplyCode}): {failure.ReplyText}. ")
            + "Check whether it exists with other arguments, and the user's permissions.";
        bool closesConnections = failure.Verdict == DeclarationVerdict.RefusedWithConnection;
        bool news = registry.Refused(attempt, new TopologyException(attempt.Entry.Display, failure.ReplyCode, failure.ReplyText, message, exception), closesConnections);
        if (news)
        {
            logger.TopologyMismatch(attempt.Entry.Display, failure.ReplyCode, failure.ReplyText);
        }
        else
        {
            logger.TopologyStillRefused(attempt.Entry.Display, failure.ReplyCode);
        }
    }
}

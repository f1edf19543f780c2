using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>Runs the handlers: as many loops as the concurrency says, on the pool, never on the driver's threads.</summary>
internal sealed class DeliveryWorkers(IMessageHandler handler, ConsumerSettings settings, SettlementExecutor settlement, ILogger logger, TimeProvider time)
{
    /// <summary>How long a handler may take to heed its token after <see cref="ConsumerOptions.HandlerTimeout"/>; then it is left behind.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>Starts the loops.</summary>
    /// <returns>A task that completes when the reader is completed and each loop has finished what it had begun.</returns>
    public Task Start(ChannelReader<Delivery> deliveries)
    {
        var loops = new Task[settings.Concurrency];
        for (int i = 0; i < loops.Length; i++)
        {
            loops[i] = Task.Run(() => RunAsync(deliveries));
        }

        return Task.WhenAll(loops);
    }

    private async Task RunAsync(ChannelReader<Delivery> deliveries)
    {
        await foreach (Delivery delivery in deliveries.ReadAllAsync().ConfigureAwait(false))
        {
            if (delivery.Origin.TryBegin())
            {
                await HandleAsync(delivery).ConfigureAwait(false);
            }
            else
            {
                settlement.Drop(delivery);
            }
        }
    }

    private async Task HandleAsync(Delivery delivery)
    {
        CancellationToken gone = delivery.Origin.Token;
        Settlement decision;
        Exception? error = null;
        Activity? outer = Activity.Current;
        try
        {
            Activity.Current = delivery.Trace;
            decision = await InvokeAsync(delivery, gone).ConfigureAwait(false);
            if (!Enum.IsDefined(decision))
            {
                throw new InvalidOperationException(FormattableString.Invariant($"The handler returned the unknown settlement {(int)decision}."));
            }
        }
        catch (Exception) when (gone.IsCancellationRequested)
        {
            // The channel is gone or the stop did not wait: no attempt, the broker delivers it again.
            logger.HandlerCancelled(delivery.Message.MessageId, settings.Queue);
            settlement.Finish(delivery);
            return;
        }
        catch (Exception exception)
        {
            error = exception;
            decision = settings.OnError;
            logger.HandlerFailed(exception, delivery.Message.MessageId, settings.Queue, delivery.Message.Attempt, decision);
        }
        finally
        {
            Activity.Current = outer;
        }

        await settlement.SettleAsync(delivery, decision, error).ConfigureAwait(false);
    }

    private ValueTask<Settlement> InvokeAsync(Delivery delivery, CancellationToken gone) => settings.HandlerTimeout is { } limit
        ? new ValueTask<Settlement>(InvokeLimitedAsync(delivery, limit, gone))
        : handler.HandleAsync(delivery.Message, gone);

    /// <summary>Runs the handler on a task of its own, so that one that blocks its thread can be left behind as well.</summary>
    private async Task<Settlement> InvokeLimitedAsync(Delivery delivery, TimeSpan limit, CancellationToken gone)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        var either = CancellationTokenSource.CreateLinkedTokenSource(gone, timeout.Token);
        CancellationToken token = either.Token;
        Task<Settlement> handling = Task.Run(() => handler.HandleAsync(delivery.Message, token).AsTask(), CancellationToken.None);
        try
        {
            return await handling.WaitAsync(limit + Grace, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException exception) when (!handling.IsCompleted)
        {
            delivery.KeepBody();
            _ = handling.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw new TimeoutException($"The handler did not return within {limit} and did not heed its token: it was left behind.", exception);
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !gone.IsCancellationRequested)
        {
            throw new TimeoutException($"The handler did not return within {limit}.", exception);
        }
        finally
        {
            if (handling.IsCompleted)
            {
                either.Dispose();
            }
        }
    }
}

using System.Diagnostics;
using Microsoft.Extensions.Logging;
using ResilientRabbit.Connections;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Consuming;

/// <summary>Runs the handlers: as many loops as the concurrency says, on the pool, never on the driver's threads.</summary>
internal sealed class DeliveryWorkers(IMessageHandler handler, ConsumerSettings settings, SettlementExecutor settlement, ILogger logger, TimeProvider time, ClientTelemetry? client = null)
{
    /// <summary>How long a handler may take to heed its token after <see cref="ConsumerOptions.HandlerTimeout"/>; then it is left behind.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>Why a message with such headers is parked.</summary>
    public const string UnreadableProperties = "The properties cannot be decoded, or are nested too deep.";

    private readonly IPipelinedHandler? _pipeline = handler as IPipelinedHandler;
    private readonly HandlerTelemetry _telemetry = new(client ?? ClientTelemetry.None, settings, time);
    private readonly DuplicateFilter? _duplicates = settings.Deduplication is { } options ? new DuplicateFilter(options, logger, time) { Repeats = settlement.Repeats } : null;

    /// <summary>Starts the loops.</summary>
    /// <returns>A task that completes when the queue is completed and each loop has finished what it had begun.</returns>
    public Task Start(DeliveryQueue deliveries)
    {
        var loops = new Task[settings.Concurrency];
        for (int i = 0; i < loops.Length; i++)
        {
            loops[i] = Task.Run(() => RunAsync(deliveries));
        }

        return Task.WhenAll(loops);
    }

    private async Task RunAsync(DeliveryQueue deliveries)
    {
        await foreach (Delivery delivery in deliveries.ReadAllAsync().ConfigureAwait(false))
        {
            if (_pipeline is not null)
            {
                await _pipeline.WaitForRoomAsync(delivery.Message, delivery.Origin.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (delivery.TryBegin())
            {
                Task handling = HandleAsync(delivery);
                if (_pipeline is null)
                {
                    // Whatever one message does, this loop handles the next ones.
                    await handling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            else
            {
                settlement.Drop(delivery);
            }

            deliveries.Done(delivery);
            if (_pipeline is null && delivery.IsSpent)
            {
                deliveries.Spare.Put(delivery);
            }
        }
    }

    private async Task HandleAsync(Delivery delivery)
    {
        ReceivedMessage message = delivery.Message;
        CancellationToken gone = delivery.Origin.Token;
        if (delivery.TooLarge > 0)
        {
            // Before everything else: a copy of it would have no body.
            await settlement.SettleOversizedAsync(delivery).ConfigureAwait(false);
            return;
        }

        if (settings.DeliveryLimit is { } limit && message.DeliveryCount >= limit)
        {
            // Of a pack only one message may be to blame: each goes on alone, and is counted alone.
            Settlement way = delivery.Pack is null ? Settlement.DeadLetter : Settlement.Requeue;
            await settlement.SettleAsync(delivery, way, new DeliveryLimitException(message.DeliveryCount)).ConfigureAwait(false);
            return;
        }

        // What cannot be read has no attempts that could be counted: they are in the headers.
        string? fault = message.IsReadable ? delivery.Fault : UnreadableProperties;
        if (fault is not null)
        {
            await settlement.SettleAsync(delivery, Settlement.DeadLetter, new MessageFormatException(fault)).ConfigureAwait(false);
            return;
        }

        Settlement decision;
        Exception? error = null;
        try
        {
            decision = await DecideAsync(delivery, gone).ConfigureAwait(false);
        }
        catch (Exception) when (gone.IsCancellationRequested)
        {
            // The channel is gone or the stop did not wait: no attempt, the broker delivers it again.
            logger.HandlerCancelled(message.LogId, settings.Queue);
            settlement.Finish(delivery);
            return;
        }
        catch (Exception exception)
        {
            error = exception;
            decision = exception is MessageFormatException ? settings.OnMalformed : settings.OnError;
            TellFailed(exception, message, decision);
        }

        await settlement.SettleAsync(delivery, decision, error).ConfigureAwait(false);
    }

    private void TellFailed(Exception exception, ReceivedMessage message, Settlement decision)
    {
        LogLevel level = settlement.Repeats.LevelOf(LogLevel.Warning, $"handler|{settings.Queue}|{exception.GetType()}", out int repeats);
        try
        {
            logger.HandlerFailed(level, exception, message.LogId, settings.Queue, message.Attempt, decision, repeats);
        }
        catch (Exception)
        {
            // A logger asks the exception for its text, which may be code of the application that throws. The reason on the copy names the type.
        }
    }

    /// <summary>Runs the handler, unless the message was handled before.</summary>
    private async ValueTask<Settlement> DecideAsync(Delivery delivery, CancellationToken gone)
    {
        ReceivedMessage message = delivery.Message;
        if (_duplicates?.KeyOf(message) is not { } key)
        {
            return await RunHandlerAsync(delivery, gone).ConfigureAwait(false);
        }

        if (!await _duplicates.TryEnterAsync(key, message, gone).ConfigureAwait(false))
        {
            settlement.CountDuplicate(message);
            return Settlement.Ack;
        }

        Settlement? decision = null;
        try
        {
            decision = await RunHandlerAsync(delivery, gone).ConfigureAwait(false);
            return decision.Value;
        }
        finally
        {
            // Before the acknowledgement, and also when that one comes too late: the redelivery is then known.
            await _duplicates.LeaveAsync(key, message, decision == Settlement.Ack).ConfigureAwait(false);
        }
    }

    private async ValueTask<Settlement> RunHandlerAsync(Delivery delivery, CancellationToken gone)
    {
        Activity? outer = Activity.Current;
        HandlerRun? run = null;
        try
        {
            run = _telemetry.Begin(delivery);
            Settlement decision = await InvokeAsync(delivery, gone).ConfigureAwait(false);
            decision = Enum.IsDefined(decision) ? decision : throw new InvalidOperationException(FormattableString.Invariant($"The handler returned the unknown settlement {(int)decision}."));
            run?.Returned(decision);
            return decision;
        }
        catch (Exception exception)
        {
            run?.Failed(exception);
            throw;
        }
        finally
        {
            Activity.Current = outer;
        }
    }

    private ValueTask<Settlement> InvokeAsync(Delivery delivery, CancellationToken gone) => settings.HandlerTimeout is { } limit
        ? new ValueTask<Settlement>(InvokeLimitedAsync(delivery, limit, gone))
        : handler.HandleAsync(delivery.Message, gone);

    /// <summary>Runs the handler on a task of its own, so that one that blocks its thread can be left behind as well.</summary>
    private async Task<Settlement> InvokeLimitedAsync(Delivery delivery, TimeSpan limit, CancellationToken gone)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        var ending = new ApplicationToken(logger, settlement.Repeats, gone, timeout.Token);
        CancellationToken token = ending.Token;

        // Read here: one that is left behind before it began may not find the next message in a delivery that is used again.
        ReceivedMessage message = delivery.Message;
        Task<Settlement> handling = Task.Run(() => handler.HandleAsync(message, token).AsTask(), token);
        try
        {
            await ((Task)handling).WaitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // From here on: a process that stood still finds both times over at once, and the handler has heard nothing yet.
            return await handling.WaitAsync(Grace, time, CancellationToken.None).ConfigureAwait(false);
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
                ending.Dispose();
            }
        }
    }
}

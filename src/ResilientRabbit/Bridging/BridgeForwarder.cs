using Microsoft.Extensions.Logging;
using ResilientRabbit.Consuming;
using ResilientRabbit.Diagnostics;

namespace ResilientRabbit.Bridging;

/// <summary>
/// Handles the deliveries of a bridge: publishes each before the next one is handed over, and settles it when the far side has answered. What the far side has taken is
/// acknowledged, what it will not take is an exception and goes the way of a failed handler, and what is unknown goes back.
/// </summary>
internal sealed class BridgeForwarder(IPublisher target, BridgeSettings settings, BridgeMeter meter, ILogger logger, TimeProvider time) : IMessageHandler, IPipelinedHandler
{
    /// <summary>Before a message goes back: the broker would deliver it again at once.</summary>
    private static readonly TimeSpan RequeueDelay = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly BridgeCopy _copies = new(settings);
    private readonly ByteWindow _window = new(settings.WindowBytes);
    private readonly ThrottledCount _requeues = new(LogInterval, time);
    private readonly ThrottledCount _loops = new(LogInterval, time);

    public long InFlightBytes => _window.Used;

    public Task WaitForRoomAsync(ReceivedMessage message, CancellationToken cancellationToken) => _window.WaitAsync(message.Body.Length, cancellationToken);

    // Nothing may be awaited before the publish: until then the next delivery waits, and so the order is that of the queue.
    public async ValueTask<Settlement> HandleAsync(ReceivedMessage message, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> hops = BridgeHops.Of(message);
        if (BridgeHops.FindLoop(hops, settings) is { } loop)
        {
            return OnLoop(message, loop);
        }

        OutboundMessage copy = CopyOf(message, hops, out bool isMarked);
        int size = message.Body.Length;
        LinkedListNode<long> start = meter.Begin();
        _window.Take(size);
        try
        {
            await target.PublishAsync(copy, cancellationToken).ConfigureAwait(false);
            meter.AddForwarded(isMarked, copy.Properties!.Timestamp);
            return Settlement.Ack;
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            meter.AddRefused();
            throw;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            await GiveBackAsync(message, exception, cancellationToken).ConfigureAwait(false);
            return Settlement.Requeue;
        }
        finally
        {
            _window.Release(size);
            meter.End(start);
        }
    }

    /// <summary>What would come to the same end however often it is tried; all else is the state of the far side or of our client.</summary>
    private static bool IsRefusal(Exception exception) => exception switch
    {
        PublishException { Failure: PublishFailure.Unroutable or PublishFailure.Refused } => true,
        PublishException { IsPermanent: true } => true,
        ArgumentException => true,
        _ => false,
    };

    private OutboundMessage CopyOf(ReceivedMessage message, IReadOnlyList<string> hops, out bool isMarked)
    {
        try
        {
            return _copies.Of(message, hops, out isMarked);
        }
        catch
        {
            // The application's own code.
            meter.AddRefused();
            throw;
        }
    }

    private Settlement OnLoop(ReceivedMessage message, string loop)
    {
        meter.AddLoop();
        if (settings.OnLoop == BridgeLoop.Park)
        {
            throw new MessageFormatException(loop);
        }

        if (_loops.TryTake(out long count))
        {
            logger.BridgeLoopDropped(settings.Name, message.LogId, settings.Queue, loop, count);
        }

        return Settlement.Ack;
    }

    private async Task GiveBackAsync(ReceivedMessage message, Exception exception, CancellationToken gone)
    {
        meter.AddRequeued();
        if (_requeues.TryTake(out long count))
        {
            logger.BridgeRequeued(exception, settings.Name, message.LogId, settings.Queue, count);
        }

        await Task.Delay(RequeueDelay, time, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

using System.Buffers;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Consuming;

/// <summary>Takes the one answer to <c>basic.get</c>.</summary>
internal sealed class PullIntake : IDeliverySink
{
    private readonly TaskCompletionSource<IncomingDelivery?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The message; null when the queue is empty.</summary>
    public Task<IncomingDelivery?> Answer => _answer.Task;

    public void OnDelivery(in IncomingDelivery delivery)
    {
        if (!_answer.TrySetResult(delivery with { Properties = delivery.Properties.ToArray() }) && delivery.Buffer is { } unused)
        {
            ArrayPool<byte>.Shared.Return(unused);
        }
    }

    public void OnQueueEmpty() => _answer.TrySetResult(null);

    public void OnDeliveriesEnd()
    {
    }

    /// <summary>There will be no answer.</summary>
    public void Fail(Exception exception)
    {
        if (_answer.TrySetException(exception))
        {
            _ = _answer.Task.Exception;
        }
    }
}

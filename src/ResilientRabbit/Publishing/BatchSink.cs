namespace ResilientRabbit.Publishing;

/// <summary>Collects the outcomes of one batch and completes one task when the last is there.</summary>
internal sealed class BatchSink
{
    private readonly OutcomeList _outcomes;
    private readonly TaskCompletionSource<PublishBatchResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open;
    private int _failed;

    public BatchSink(int count)
    {
        _outcomes = new OutcomeList(count);
        _open = count;
    }

    public Task<PublishBatchResult> Done => _done.Task;

    public void Complete(int index, in PublishReceipt receipt, Exception? error)
    {
        _outcomes.Set(index, new PublishOutcome(receipt, error));
        if (error is not null)
        {
            Interlocked.Increment(ref _failed);
        }

        if (Interlocked.Decrement(ref _open) == 0)
        {
            _done.SetResult(new PublishBatchResult(_outcomes, _failed));
        }
    }
}

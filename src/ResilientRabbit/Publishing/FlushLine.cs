namespace ResilientRabbit.Publishing;

/// <summary>The flushes that wait, each for the messages that were accepted before it. Guarded by the ledger's lock.</summary>
internal sealed class FlushLine
{
    private readonly LinkedList<FlushGeneration> _generations = new();
    private FlushGeneration _current = new();

    public FlushLine() => _generations.AddLast(_current);

    /// <summary>Counts a message that was accepted.</summary>
    public FlushGeneration Enter()
    {
        _current.Open++;
        return _current;
    }

    /// <summary>So many messages have their outcome; null when they were never accepted.</summary>
    public void Leave(FlushGeneration? generation, int count)
    {
        if (generation is not null && (generation.Open -= count) == 0 && generation.Done is not null)
        {
            Complete();
        }
    }

    /// <summary>Completes when all that were accepted until now have their outcome.</summary>
    public Task Flush()
    {
        if (_current.Open == 0 && _generations.Last!.Previous is { } previous)
        {
            // Nothing was accepted since the last flush: who flushes again and again through an outage leaves no entry for each try.
            return previous.Value.Done!.Task;
        }

        FlushGeneration last = _current;
        last.Done ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task done = last.Done.Task;
        _current = new FlushGeneration();
        _generations.AddLast(_current);
        Complete();
        return done;
    }

    private void Complete()
    {
        while (_generations.First is { } node && node.Value != _current && node.Value.Open == 0)
        {
            node.Value.Done!.TrySetResult();
            _generations.RemoveFirst();
        }
    }
}

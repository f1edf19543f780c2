namespace ResilientRabbit.Testing.Journal;

/// <summary>Who waits for entries. Those of before come from the reader, those that come meanwhile wait until it is through.</summary>
internal sealed class JournalWaiter(Func<JournalEntry, bool> predicate, int count)
{
    private List<JournalEntry>? _meanwhile = [];

    public TaskCompletionSource<JournalEntry> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Seen { get; private set; }

    public void See(JournalEntry entry)
    {
        if (Seen < count && predicate(entry) && ++Seen == count)
        {
            Found.TrySetResult(entry);
        }
    }

    /// <summary>Under the journal's gate.</summary>
    public void SeeLive(JournalEntry entry)
    {
        if (_meanwhile is { } waiting)
        {
            waiting.Add(entry);
        }
        else
        {
            See(entry);
        }
    }

    /// <summary>Under the journal's gate: what was there before has been seen.</summary>
    public void GoLive()
    {
        foreach (JournalEntry entry in _meanwhile!)
        {
            See(entry);
        }

        _meanwhile = null;
    }
}

namespace ResilientRabbit.Declaring;

/// <content>Queues that the SDK needs for itself: they stay for as long as somebody needs them.</content>
internal sealed partial class DeclarationRegistry
{
    /// <summary>Asks for queues to be declared that are not registered. What is registered stays as it is described.</summary>
    public void RequestOwn(IEnumerable<QueueSpec> queues)
    {
        lock (_lock)
        {
            foreach (QueueSpec spec in queues)
            {
                DeclarationEntry entry = DeclarationEntry.For(spec);
                if (_entries.TryGetValue(entry.Key, out DeclarationEntry? known))
                {
                    entry = known;
                }
                else
                {
                    _ = RequestNeedsLock(entry);
                }

                entry.Owners++;
            }
        }
    }

    /// <summary>Takes one <see cref="RequestOwn"/> back. What nobody else needs is forgotten, here and not at the broker.</summary>
    public void ReleaseOwn(IEnumerable<QueueSpec> queues)
    {
        lock (_lock)
        {
            foreach (QueueSpec spec in queues)
            {
                if (_entries.TryGetValue(DeclarationEntry.QueueKey(spec.Name), out DeclarationEntry? entry) && --entry.Owners == 0 && !entry.IsApplications)
                {
                    _entries.Remove(entry.Key);
                    entry.Outcome.TrySetResult(null);
                }
            }

            CompletePassNeedsLock();
        }
    }
}

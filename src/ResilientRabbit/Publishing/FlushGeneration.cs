namespace ResilientRabbit.Publishing;

/// <summary>The messages accepted between two flushes. Guarded by the ledger's lock.</summary>
internal sealed class FlushGeneration
{
    public int Open { get; set; }

    /// <summary>Set by the flush that closed the generation.</summary>
    public TaskCompletionSource? Done { get; set; }
}

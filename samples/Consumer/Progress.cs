namespace ResilientRabbit.Samples.Consumer;

/// <summary>Counts the messages over all handlers.</summary>
internal sealed class Progress
{
    private int _handled;

    public int Count() => Interlocked.Increment(ref _handled);
}

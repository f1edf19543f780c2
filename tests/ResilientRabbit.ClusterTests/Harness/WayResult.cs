namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>What a fault cost a client that publishes, from the fault on. Null: never.</summary>
/// <param name="Label">The client's way.</param>
/// <param name="FirstConfirm">Until the first confirm of a message submitted afterwards.</param>
/// <param name="EveryKey">Until each ordering key had such a confirm: no lane is left behind.</param>
/// <param name="Prober">Until the bare prober's first confirm.</param>
/// <param name="Losses">Connections that it had lost in the end.</param>
/// <param name="Bare">What it cost a <see cref="BareClient"/> with as much in flight, in a strike of its own; null where there was none.</param>
public sealed record WayResult(string Label, TimeSpan? FirstConfirm, TimeSpan? EveryKey, TimeSpan? Prober, int Losses, TimeSpan? Bare = null)
{
    /// <summary>Our gap as a multiple of the bare prober's.</summary>
    public double? Ratio => Prober is { } prober && FirstConfirm is { } ours ? ours / prober : null;
}

namespace ResilientRabbit.Testing;

/// <summary>How confirms reach the client: one by one, together, in another order, or with tags that nobody asked for. Immutable.</summary>
public sealed class ConfirmRule
{
    private const ulong NeverUsed = 1_000_000_000;

    private readonly Func<IReadOnlyList<ConfirmFrame>, IEnumerable<ConfirmFrame>> _arrange;
    private readonly string _name;

    private ConfirmRule(string name, int count, Func<IReadOnlyList<ConfirmFrame>, IEnumerable<ConfirmFrame>> arrange)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _name = name;
        Count = count;
        _arrange = arrange;
    }

    /// <summary>Each confirm in a frame of its own, in the broker's order.</summary>
    public static ConfirmRule OneByOne { get; } = new("one by one", 1, static frames => frames);

    /// <summary>Each confirm twice.</summary>
    public static ConfirmRule Duplicated { get; } = new("duplicated", 1, static frames => frames.Concat(frames));

    /// <summary>Before each confirm one with a tag that no publish ever had.</summary>
    public static ConfirmRule WithUnknownTags { get; } = new(
        "with unknown tags",
        1,
        static frames => frames.SelectMany(static frame => (IEnumerable<ConfirmFrame>)[frame with { DeliveryTag = NeverUsed + frame.DeliveryTag }, frame]));

    /// <summary>How many confirms of one channel are waited for before they are arranged.</summary>
    internal int Count { get; }

    /// <summary>Acks together.</summary>
    /// <param name="count">So many confirms of a channel make one ack with <c>multiple</c>. Fewer wait until the handle is released.</param>
    /// <returns>The rule.</returns>
    /// <remarks>Where an earlier publish of the channel has no answer yet, or lost it, the acks go one by one: a <c>multiple</c> would answer that too.</remarks>
    public static ConfirmRule Multiple(int count) => new($"multiple of {count}", count, static frames => frames) { IsMultiple = true };

    /// <summary>Backwards.</summary>
    /// <param name="count">So many confirms of a channel come in reverse order. Fewer wait until the handle is released.</param>
    /// <returns>The rule.</returns>
    public static ConfirmRule Reversed(int count) => new($"reversed {count}", count, static frames => frames.Reverse());

    /// <summary>As a test wants them.</summary>
    /// <param name="count">So many confirms of a channel are collected first. Fewer wait until the handle is released.</param>
    /// <param name="arrange">Gets them in the broker's order, one frame each, and gives what the client shall get.</param>
    /// <returns>The rule.</returns>
    public static ConfirmRule Create(int count, Func<IReadOnlyList<ConfirmFrame>, IEnumerable<ConfirmFrame>> arrange) => new($"own rule of {count}", count, arrange);

    /// <summary>The rule's name.</summary>
    /// <returns>A few words.</returns>
    public override string ToString() => _name;

    internal bool IsMultiple { get; private init; }

    internal IEnumerable<ConfirmFrame> Arrange(IReadOnlyList<ConfirmFrame> frames) => _arrange(frames);
}

namespace ResilientRabbit.Publishing;

/// <summary>What the quarantine says of a message.</summary>
internal enum Verdict
{
    /// <summary>Nothing is known against it: its lane writes it.</summary>
    Free,

    /// <summary>It belongs there now: its lane hands it over.</summary>
    Taken,

    /// <summary>It belongs there, but older messages of its kind may be in the lane's window: once that is empty.</summary>
    Later,
}

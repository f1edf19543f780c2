namespace ResilientRabbit.Testing.Model;

/// <summary>Whether a queue can work.</summary>
internal enum QueueState
{
    /// <summary>It has a leader.</summary>
    Running,

    /// <summary>No majority: it takes nothing and answers nothing until there is one.</summary>
    NoMajority,

    /// <summary>The node it lives on is down.</summary>
    Down,

    /// <summary>Deleted.</summary>
    Gone,
}

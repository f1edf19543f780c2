namespace ResilientRabbit.Testing.Model;

/// <summary>How a queue is spread over the nodes.</summary>
internal enum QueueKind
{
    /// <summary>On one node.</summary>
    Classic,

    /// <summary>On one node, with mirrors on others.</summary>
    Mirrored,

    /// <summary>On a majority of its members.</summary>
    Quorum,
}

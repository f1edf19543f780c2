namespace ResilientRabbit.ClusterTests.Harness;

public enum QueueKind
{
    /// <summary>Classic, mirrored to all nodes by policy.</summary>
    Mirrored,
    Quorum,
}

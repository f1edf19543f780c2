namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>One message as the plain driver found it in the queue, in the queue's order.</summary>
public readonly record struct FoundMessage(string Id, string Key, int Sequence, bool IsMarked, bool IsIntact);

using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>Tests that disturb what others share (the broker, the activities of the process), or that need a broker whose machine is idle, run when no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneGroup
{
    public const string Name = "alone";
}

using Xunit;

namespace ResilientRabbit.ProtocolTests.Conformance;

/// <summary>Tests that disturb the whole broker run when no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneGroup
{
    public const string Name = "alone";
}

using Xunit;

namespace ResilientRabbit.Testing.Tests;

/// <summary>Tests that measure run when no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneGroup
{
    public const string Name = "alone";
}

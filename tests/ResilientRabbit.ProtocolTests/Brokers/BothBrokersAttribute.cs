using System.Reflection;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace ResilientRabbit.ProtocolTests.Brokers;

/// <summary>Runs a theory once against the real broker and once against the in-process one; the values follow the broker's name.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class BothBrokersAttribute(params object?[] values) : DataAttribute
{
    public object?[] Values => values;

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([
            new TheoryDataRow([BrokersUnderTest.Real, .. values]),
            new TheoryDataRow([BrokersUnderTest.InProcess, .. values]),
        ]);

    public override bool SupportsDiscoveryEnumeration() => true;
}

using ResilientRabbit.ProtocolTests.Children;
using ResilientRabbit.ProtocolTests.Conformance;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Scenarios;

/// <summary>A client that gets no time. Alone: beside other tests the broker gets none either, and its heartbeats come too late.</summary>
[Collection(AloneGroup.Name)]
public sealed class StarvationScenarios
{
    [Fact, Scenario("35", "P6,P13,P19")]
    public async Task A_client_whose_threads_are_all_busy_does_not_leave_a_broker_that_is_well()
    {
        await using Bed bed = await Bed.StartAsync();

        // In a process of its own: here the broker would be as busy.
        ChildResult child = await ChildProcess.RunAsync("sdk-starved", bed.Port);

        Assert.True(child.ExitCode == 0, child.Output);
        Assert.True(child.Number("starved-ms") > 1.2 * SdkChildren.StarvedHeartbeat.TotalMilliseconds, child.Output);
        Assert.True((1, 0) == (child.Number("attempts"), child.Number("losses")), child.Output);
        Assert.Equal(100, bed.Stored().Count);
    }
}

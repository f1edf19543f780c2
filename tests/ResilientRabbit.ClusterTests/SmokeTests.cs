using Xunit;

namespace ResilientRabbit.ClusterTests;

public sealed class SmokeTests
{
    [Fact]
    public void Ack_is_the_first_settlement() => Assert.Equal(0, (int)Settlement.Ack);
}

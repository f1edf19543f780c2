using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class AdditiveBackOffTests
{
    [Fact]
    public void The_pause_grows_by_the_step_up_to_the_limit_and_begins_anew_after_a_success()
    {
        var backOff = new AdditiveBackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6));

        double[] pauses = [.. Enumerable.Range(0, 5).Select(_ => backOff.Next(1, jitter: 0).TotalSeconds)];
        backOff.Reset();

        Assert.Equal([1, 3, 5, 6, 6], pauses);
        Assert.Equal(1.1, backOff.Next(1, jitter: 1).TotalSeconds, 3);
    }

    [Fact]
    public void Within_a_round_there_is_no_pause()
    {
        var backOff = new AdditiveBackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9));

        Assert.Equal([0, 0, 1, 0, 0, 2], Enumerable.Range(0, 6).Select(_ => backOff.Next(3, jitter: 0).TotalSeconds));
    }

    [Fact]
    public void A_long_outage_does_not_overflow()
    {
        var backOff = new AdditiveBackOff(TimeSpan.FromDays(24), TimeSpan.FromDays(24), TimeSpan.FromDays(24));

        for (int attempt = 0; attempt < 10_000; attempt++)
        {
            Assert.Equal(TimeSpan.FromDays(24), backOff.Next(1, jitter: 0));
        }
    }
}

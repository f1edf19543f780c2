using ResilientRabbit.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Connections;

public sealed class ShortLivesTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private readonly ShortLives _lives = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

    [Fact]
    public void The_first_short_life_costs_nothing_and_a_longer_one_ends_the_count()
    {
        Assert.Equal(TimeSpan.Zero, _lives.RestAfter(Short, 1));
        Assert.NotEqual(TimeSpan.Zero, _lives.RestAfter(Short, 1));

        Assert.Equal(TimeSpan.Zero, _lives.RestAfter(TimeSpan.FromSeconds(5), 1));
        Assert.Equal(TimeSpan.Zero, _lives.RestAfter(Short, 1));
    }

    [Fact]
    public void Clients_that_were_lost_together_do_not_come_together_at_the_longest_rest_either()
    {
        for (int life = 0; life < 30; life++)
        {
            _lives.RestAfter(Short, 0.5);
        }

        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)), (_lives.RestAfter(Short, 0), _lives.RestAfter(Short, 1)));
    }
}

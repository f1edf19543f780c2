using ResilientRabbit.Declaring;
using Xunit;

namespace ResilientRabbit.Tests.Declaring;

public sealed class RoutingMatchTests
{
    [Theory]
    [InlineData("a.b", "a.b", true)]
    [InlineData("a.b", "a.c", false)]
    [InlineData("*", "a", true)]
    [InlineData("*", "", false)]
    [InlineData("*", "a.b", false)]
    [InlineData("a.*", "a", false)]
    [InlineData("a.*.c", "a.b.c", true)]
    [InlineData("#", "", true)]
    [InlineData("#", "a.b.c", true)]
    [InlineData("a.#", "a", true)]
    [InlineData("a.#", "a.b.c", true)]
    [InlineData("#.c", "a.b.c", true)]
    [InlineData("#.c", "a.b", false)]
    [InlineData("a.#.c", "a.c", true)]
    [InlineData("a.#.c", "a.x.y.c", true)]
    [InlineData("#.a.#", "x.a.y", true)]
    [InlineData("*.#", "", false)]
    [InlineData("", "", true)]
    public void Topics_match_word_by_word(string pattern, string routingKey, bool matches) =>
        Assert.Equal(matches, RoutingMatch.Matches("topic", pattern, routingKey));

    [Fact]
    public void Many_wildcards_do_not_explode() =>
        Assert.False(RoutingMatch.Matches("topic", string.Join('.', Enumerable.Repeat("#", 60)) + ".z", string.Join('.', Enumerable.Repeat("a", 60))));

    [Theory]
    [InlineData("direct", "k", "k", true)]
    [InlineData("direct", "#", "k", false)]
    [InlineData("fanout", "x", "k", true)]
    [InlineData("headers", "x", "k", true)]
    [InlineData("x-consistent-hash", "10", "k", true)]
    public void Other_types_match_as_they_do_at_the_broker(string type, string pattern, string routingKey, bool matches) =>
        Assert.Equal(matches, RoutingMatch.Matches(type, pattern, routingKey));
}

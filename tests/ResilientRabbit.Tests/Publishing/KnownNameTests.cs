using ResilientRabbit.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>A name that was good once is not looked at again; every other one is.</summary>
public sealed class KnownNameTests
{
    private readonly KnownName _name = new("exchange");

    [Fact]
    public void A_bad_name_is_refused_again_and_again_also_between_good_ones()
    {
        string bad = "a\0b";
        Assert.Null(_name.Check("good"));
        Assert.Equal("exchange", _name.Check(bad)?.ParamName);
        Assert.Equal("exchange", _name.Check(bad)?.ParamName);
        Assert.Null(_name.Check("good"));
        Assert.IsType<ArgumentNullException>(_name.Check(null));
        Assert.NotNull(_name.Check(new string('x', 256)));
        Assert.Null(_name.Check(""));
    }

    [Fact]
    public void No_name_at_all_is_refused_before_any_was_seen() => Assert.IsType<ArgumentNullException>(_name.Check(null));
}

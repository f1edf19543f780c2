using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>How many messages go while one of them is under suspicion.</summary>
public sealed class SuspectLineTests
{
    private const int Usual = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ManualTimeProvider _time = new();
    private readonly SuspectLine _line;

    public SuspectLineTests() => _line = new SuspectLine(_time, Patience);

    [Fact]
    public void Where_all_are_suspected_one_goes_beside_each_that_nothing_is_said_of_until_one_was_answered()
    {
        _line.SuspectAll();
        Assert.Equal(1, _line.Limit(0, Usual));
        _line.Sent();
        Assert.Equal(1, _line.Limit(1, Usual));

        _time.Advance(Patience);
        Assert.True(_line.IsOverdue(_time.GetTimestamp(), isBlocked: false));
        Assert.Equal(2, _line.Limit(1, Usual));
        _line.Sent();
        Assert.True(_line.StandsLast(2));
        Assert.False(_line.StandsLast(1));

        Assert.Equal(Usual, _line.Limit(1, Usual));
    }

    [Fact]
    public void The_time_runs_only_while_the_broker_takes_messages_and_is_over_once()
    {
        _line.Begin(2);
        _line.Sent();
        _time.Advance(Patience);
        Assert.False(_line.IsOverdue(_time.GetTimestamp(), isBlocked: true));
        Assert.False(_line.IsOverdue(_time.GetTimestamp(), isBlocked: false));

        _time.Advance(Patience);
        Assert.True(_line.IsOverdue(_time.GetTimestamp(), isBlocked: false));
        Assert.False(_line.IsOverdue(_time.GetTimestamp(), isBlocked: false));
        Assert.Equal(2, _line.Limit(1, Usual));
        Assert.Equal(1, _line.Left);
    }

    [Fact]
    public void With_the_end_of_the_channel_nobody_is_innocent()
    {
        _line.Begin(3);
        _line.Sent();
        _time.Advance(Patience);
        Assert.True(_line.IsOverdue(_time.GetTimestamp(), isBlocked: false));
        Assert.Equal(2, _line.Limit(1, Usual));
        _line.Sent();

        _line.Begin(2);

        Assert.Equal(1, _line.Limit(0, Usual));
        Assert.False(_line.StandsLast(2));
    }
}

using ResilientRabbit.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>Against a model of a broker: it takes so many messages a second, and an answer needs the round trip and the next flush of the disk.</summary>
public sealed class AdaptiveLimitTests
{
    private const long Frequency = 1_000;
    private const int Tick = 25;

    // Rate of the broker per second, round trip and distance of its flushes in ms, and the least window that keeps it busy.
    public static TheoryData<int, int, int> Brokers => new() { { 40_000, 1, 0 }, { 40_000, 1, 50 }, { 40_000, 80, 0 }, { 40_000, 40, 20 }, { 2_000, 1, 10 }, { 5_000, 80, 0 } };

    [Theory]
    [MemberData(nameof(Brokers))]
    public void The_rate_of_a_busy_broker_is_reached_with_no_more_in_flight_than_a_few_times_what_it_needs(int rate, int roundTrip, int flush)
    {
        var limit = new AdaptiveLimit(65_536, Frequency);

        (double reached, double window) = Run(limit, rate, roundTrip, flush, seconds: 120);

        double needed = Math.Max(64, rate * (roundTrip + flush) / 1000.0);
        Assert.True(reached >= 0.9 * rate, $"{reached:0} of {rate} per second with {window:0} in flight, {needed:0} needed");
        Assert.True(window <= 6 * needed, $"{window:0} in flight, {needed:0} needed");
    }

    [Fact]
    public void A_broker_that_comes_nearer_is_given_less_and_one_that_goes_away_more()
    {
        var limit = new AdaptiveLimit(65_536, Frequency);
        Run(limit, 40_000, 80, 0, 60);
        int far = limit.Value;
        Run(limit, 40_000, 1, 0, 240);
        int near = limit.Value;
        (double reached, _) = Run(limit, 40_000, 80, 0, 120);

        Assert.True(near < far / 4, $"{near} near, {far} far");
        Assert.True(reached >= 0.85 * 40_000, $"{reached:0} per second");
    }

    [Fact]
    public void The_configured_window_is_never_exceeded()
    {
        var limit = new AdaptiveLimit(100, Frequency);

        Run(limit, 1_000_000, 80, 0, 30);

        Assert.Equal(100, limit.Value);
    }

    [Fact]
    public void A_writer_that_is_not_held_back_and_a_broker_that_is_silent_change_nothing()
    {
        var limit = new AdaptiveLimit(65_536, Frequency);
        Run(limit, 40_000, 10, 0, 60);
        int before = limit.Value;

        long answered = 0;
        for (long now = 1_000_000; now < 1_200_000; now += Tick)
        {
            limit.Sample(now, answered += 10, isHeldBack: false);
        }

        for (long now = 1_200_000; now < 1_400_000; now += Tick)
        {
            limit.Sample(now, answered, isHeldBack: true);
        }

        Assert.Equal(before, limit.Value);
    }

    private long _now;
    private long _answered;

    /// <summary>Runs the model; the figures are those of the second half.</summary>
    private (double Rate, double Window) Run(AdaptiveLimit limit, int rate, int roundTrip, int flush, int seconds)
    {
        double answered = _answered;
        double windows = 0;
        double half = 0;
        int ticks = seconds * 1000 / Tick;
        double owed = 0;
        for (int tick = 0; tick < ticks; tick++)
        {
            // With a window w no more than w messages are answered in the time that an answer takes.
            double perSecond = Math.Min(rate, limit.Value * 1000.0 / (roundTrip + (flush / 2.0)));
            owed += perSecond * Tick / 1000;
            _now += Tick;
            if (flush == 0 || _now % (flush * 2) < Tick)
            {
                answered += owed;
                owed = 0;
            }

            _answered = (long)answered;
            limit.Sample(_now, _answered, isHeldBack: true);
            if (tick >= ticks / 2)
            {
                windows += limit.Value;
                half += perSecond * Tick / 1000;
            }
        }

        return (half / (seconds / 2.0), windows / (ticks / 2.0));
    }
}

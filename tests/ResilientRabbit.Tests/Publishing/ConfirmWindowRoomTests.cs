using ResilientRabbit.Publishing;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>How much more a window takes, and when its writer is woken.</summary>
public sealed class ConfirmWindowRoomTests
{
    private readonly MessageFactory _factory = new();
    private readonly ConfirmWindow _window = new(16);

    [Fact]
    public void A_writer_that_found_the_window_full_is_woken_when_an_eighth_is_free()
    {
        Fill(16);
        Assert.Equal(0, _window.Room(16).Messages);

        Assert.False(_window.Answer(3, multiple: false, out _, out _));
        Assert.True(_window.Answer(1, multiple: false, out _, out _));
        Assert.False(_window.Answer(2, multiple: false, out _, out _));

        Assert.Equal(3, _window.Room(16).Messages);
    }

    [Fact]
    public void A_writer_that_found_the_window_full_goes_on_late_with_less()
    {
        Fill(16);
        Assert.Equal(0, _window.Room(16).Messages);
        Assert.False(_window.WakesLate());
        _window.Answer(1, multiple: false, out _, out _);

        Assert.True(_window.WakesLate());
        Assert.False(_window.WakesLate());
        Assert.Equal(1, _window.Room(16).Messages);
    }

    [Fact]
    public void A_window_begins_small_enough_for_the_small_object_heap_however_large_it_may_become()
    {
        _ = new ConfirmWindow(16);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var window = new ConfirmWindow(65_536);
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;

        // .NET: what has 85,000 bytes or more goes to the large object heap, and each new channel brings a window.
        Assert.InRange(taken, 1, 84_999);
        Assert.Equal(65_536, window.Room(65_536).Messages);
    }

    [Fact]
    public void The_bytes_in_flight_are_limited_and_one_message_may_be_larger()
    {
        var window = new ConfirmWindow(16, maxBytes: 1_000);
        Assert.Equal(new WindowRoom(16, 1_000), window.Room(16));
        window.Add(_factory.Create(size: 400));
        Assert.Equal(new WindowRoom(15, 600), window.Room(16));
        window.Add(_factory.Create(size: 5_000));
        Assert.Equal(0, window.Room(16).Messages);

        Assert.False(window.Answer(1, multiple: false, out _, out _));
        Assert.True(window.Answer(2, multiple: false, out _, out _));

        Assert.Equal(new WindowRoom(16, 1_000), window.Room(16));
    }

    [Fact]
    public void A_writer_in_refuge_is_woken_when_nothing_is_in_flight_any_more()
    {
        var window = new ConfirmWindow(16) { WakesWhenEmpty = true };
        window.Add([_factory.CreateInFlight(), _factory.CreateInFlight()]);

        Assert.False(window.Answer(1, multiple: false, out _, out _));
        Assert.True(window.Answer(2, multiple: false, out _, out _));
    }

    [Fact]
    public void A_run_is_taken_out_again_as_a_whole_or_not_at_all()
    {
        ulong first = _window.Add([_factory.CreateInFlight(), _factory.CreateInFlight(), _factory.CreateInFlight()]);

        Assert.Equal(1UL, first);
        Assert.False(_window.RemoveLast(1, 2));
        Assert.True(_window.RemoveLast(1, 3));
        Assert.Equal(0, _window.Count);
        _window.Add([_factory.CreateInFlight(), _factory.CreateInFlight()]);
        _window.Answer(2, multiple: false, out _, out _);
        Assert.False(_window.RemoveLast(1, 2));
        Assert.Equal(1, _window.Count);
    }

    private void Fill(int count) => _window.Add([.. Enumerable.Range(0, count).Select(_ => _factory.CreateInFlight())]);
}

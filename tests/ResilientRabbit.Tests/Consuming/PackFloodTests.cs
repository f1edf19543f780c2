using System.Runtime.CompilerServices;
using ResilientRabbit.Connections;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>A message of a pack takes four bytes on the wire and hundreds in memory: the prefetch counts packs, and bounds nothing there.</summary>
public sealed class PackFloodTests : IDisposable
{
    private const int Packs = 20;
    private const int All = Packs * PackFormat.MaxMessages;

    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(10);

    private readonly SubscriptionCounters _counters = new();
    private readonly DeliveryQueue _deliveries = new();
    private readonly FakeOrigin _origin;
    private readonly DeliveryIntake _intake;

    public PackFloodTests()
    {
        _origin = new FakeOrigin(_counters, TimeProvider.System);
        _intake = NewIntake(_origin);
        _intake.Open();
    }

    public void Dispose() => _origin.Dispose();

    [Fact]
    public async Task Packs_are_taken_apart_no_faster_than_their_messages_are_handled()
    {
        Deliver(Packs);

        Assert.InRange(_counters.Unsettled, PackFormat.MaxMessages, 3 * PackFormat.MaxMessages);
        int handled = 0;
        ulong last = 1;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await foreach (Delivery delivery in _deliveries.ReadAllAsync().WithCancellation(patience.Token))
        {
            Assert.True(delivery.Tag == last || delivery.Tag == last + 1, $"{delivery.Tag} after {last}");
            last = delivery.Tag;
            delivery.Release();
            _counters.AddFinished();
            Assert.InRange(_counters.Unsettled, 0, 3 * PackFormat.MaxMessages);
            if (++handled == All)
            {
                _deliveries.Complete();
            }
        }

        Assert.Equal((All, (ulong)Packs, All), (handled, last, _counters.Received));
    }

    [Fact]
    public void What_waits_is_forgotten_with_its_channel()
    {
        Deliver(Packs);
        long before = _counters.Received;

        _intake.Close();
        Finish((int)before);
        Deliver(1, first: Packs + 1);
        Assert.Equal((before, 0), (_counters.Received, _counters.Unsettled));
    }

    [Fact]
    public async Task A_pack_does_not_wait_for_ever_for_room_that_came_while_others_were_on_their_way()
    {
        Deliver(1);
        Come(2, PackFormat.MaxMessages / 2);
        _intake.OnDeliveriesEnd();

        // Together with the 15,000 before them these are too many for the next one, and nobody finishes them: they are with no worker yet.
        Come(3, 6_000);
        Come(4, 1);
        Finish(2_000);
        _intake.OnDeliveriesEnd();
        Task all = _counters.WhenReceivedAsync(21_001);
        Finish(19_000);

        await all.WaitAsync(TestTimeout);
        Assert.Equal((1, false), (_counters.Unsettled, _intake.HasWaiting));
    }

    [Fact]
    public async Task What_waits_is_discarded_at_the_end_of_its_channel()
    {
        Deliver(Packs);
        Assert.True(_intake.HasWaiting);

        _intake.Close();

        using var patience = new CancellationTokenSource(TestTimeout);
        while (_intake.HasWaiting)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_channel_that_has_ended_is_not_held_by_its_subscription(bool isLate)
    {
        WeakReference ended = EndOne(isLate);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(ended.IsAlive);
        GC.KeepAlive(_counters);
    }

    [Fact]
    public async Task The_end_of_a_channel_takes_nothing_from_the_next_one()
    {
        using var origin = new FakeOrigin(_counters, TimeProvider.System);
        DeliveryIntake former = NewIntake(origin);
        former.Open();
        _intake.Open();

        former.Close();
        Deliver(4);
        Task all = _counters.WhenReceivedAsync(4 * PackFormat.MaxMessages);
        Finish(3 * PackFormat.MaxMessages);

        await all.WaitAsync(TestTimeout);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference EndOne(bool isLate)
    {
        using var origin = new FakeOrigin(_counters, TimeProvider.System);
        DeliveryIntake intake = NewIntake(origin);
        if (!isLate)
        {
            intake.Open();
        }

        intake.Close();
        if (isLate)
        {
            // The confirmation of the consumer may come together with the end.
            intake.Open();
        }

        return new WeakReference(intake);
    }

    private DeliveryIntake NewIntake(FakeOrigin origin) => new(origin, ConsumerSettings.From("orders", null), "ctag", _counters, _deliveries, Assert.Fail);

    private void Finish(int messages)
    {
        for (; messages > 0; messages--)
        {
            _counters.AddFinished();
        }
    }

    private void Come(int tag, int messages) =>
        _intake.OnDelivery(UnpackerTests.Incoming(new byte[PackFormat.LengthSize * messages], PackFormat.Format, "4711", null) with { Tag = (ulong)tag });

    private void Deliver(int count, int first = 1)
    {
        for (int number = first; number < first + count; number++)
        {
            Come(number, PackFormat.MaxMessages);
            _intake.OnDeliveriesEnd();
        }
    }
}

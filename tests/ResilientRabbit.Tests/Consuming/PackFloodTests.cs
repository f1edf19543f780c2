using ResilientRabbit.Connections;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

/// <summary>A message of a pack takes four bytes on the wire and hundreds in memory: the prefetch counts packs, and bounds nothing there.</summary>
public sealed class PackFloodTests : IDisposable
{
    private const int Packs = 20;
    private const int All = Packs * PackFormat.MaxMessages;

    private readonly SubscriptionCounters _counters = new();
    private readonly DeliveryQueue _deliveries = new();
    private readonly FakeOrigin _origin;
    private readonly DeliveryIntake _intake;

    public PackFloodTests()
    {
        _origin = new FakeOrigin(_counters, TimeProvider.System);
        _intake = new DeliveryIntake(_origin, ConsumerSettings.From("orders", null), "ctag", _counters, _deliveries, Assert.Fail);
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
        for (long left = before; left > 0; left--)
        {
            _counters.AddFinished();
        }

        Deliver(1, first: Packs + 1);
        Assert.Equal((before, 0), (_counters.Received, _counters.Unsettled));
    }

    private void Deliver(int count, int first = 1)
    {
        for (int number = first; number < first + count; number++)
        {
            _intake.OnDelivery(UnpackerTests.Incoming(new byte[PackFormat.LengthSize * PackFormat.MaxMessages], PackFormat.Format, "4711", null) with { Tag = (ulong)number });
            _intake.OnDeliveriesEnd();
        }
    }
}

using System.Runtime.CompilerServices;
using ResilientRabbit.Publishing;
using ResilientRabbit.Tests.Connections;
using Xunit;

namespace ResilientRabbit.Tests.Publishing;

/// <summary>More is offered than there is room for: who comes in, and what is kept of those who have given up.</summary>
public sealed class WaitingLinesTests
{
    [Fact]
    public void All_lanes_get_on_while_callers_of_each_wait()
    {
        const int Lanes = 4;
        var factory = new MessageFactory(lanes: Lanes, maxMessages: 8);
        Queue<PendingMessage> pending = new();
        Queue<PendingMessage>[] waiting = [.. Enumerable.Range(0, Lanes).Select(static _ => new Queue<PendingMessage>())];
        int[] admitted = new int[Lanes];
        for (int round = 0; round < 400; round++)
        {
            for (int lane = 0; lane < Lanes; lane++)
            {
                while (waiting[lane].Count < 4)
                {
                    waiting[lane].Enqueue(factory.Admit(out _, lane));
                }

                while (waiting[lane].TryPeek(out PendingMessage? first) && first.IsAdmitted)
                {
                    pending.Enqueue(waiting[lane].Dequeue());
                    admitted[lane]++;
                }
            }

            factory.Settle(pending.Dequeue(), SettleKind.Confirmed);
        }

        Assert.All(admitted, static count => Assert.InRange(count, 80, 120));
    }

    [Fact]
    public void Room_that_is_kept_for_a_large_message_is_given_to_others_when_nothing_becomes_free()
    {
        const long Second = 1000;
        var factory = new MessageFactory(lanes: 4, maxBytes: 64);

        // Two lanes whose queues do not answer hold nearly all of it.
        PendingMessage silent = factory.Admit(out _, lane: 0, size: 28);
        factory.Admit(out _, lane: 1, size: 28);
        PendingMessage last = factory.Admit(out _, lane: 3, size: 1);
        PendingMessage large = factory.Admit(out Admission admission, lane: 2, size: 16);
        Assert.Equal(Admission.Waiting, admission);
        factory.Settle(last, SettleKind.Confirmed);
        PendingMessage small = factory.Admit(out admission, lane: 3, size: 1);
        Assert.Equal(Admission.Waiting, admission);

        factory.Ledger.Tick(0, Second);
        factory.Ledger.Tick(Second - 1, Second);
        Assert.False(small.IsAdmitted);
        factory.Ledger.Tick(Second, Second);
        Assert.True(small.IsAdmitted);
        Assert.Equal(Admission.Admitted, AdmissionOf(factory, lane: 3));

        // Kept again after a while, and it comes in as soon as there is room.
        factory.Ledger.Tick(12 * Second, Second);
        factory.Settle(small, SettleKind.Confirmed);
        Assert.Equal(Admission.Waiting, AdmissionOf(factory, lane: 3));
        factory.Settle(silent, SettleKind.Expired);
        Assert.True(large.IsAdmitted);
    }

    [Fact]
    public void A_large_message_gets_its_room_although_small_ones_of_other_lanes_keep_coming()
    {
        var factory = new MessageFactory(lanes: 3, maxBytes: 100);
        Queue<PendingMessage> small = new(Enumerable.Range(0, 20).Select(number => factory.Admit(out _, lane: number % 2, size: 10)));
        PendingMessage large = factory.Admit(out Admission admission, lane: 2, size: 40);
        Assert.Equal(Admission.Waiting, admission);

        int rounds = 0;
        for (; rounds < 100 && !large.IsAdmitted; rounds++)
        {
            PendingMessage done = small.Dequeue();
            small.Enqueue(factory.Admit(out _, done.Lane.Index, size: 10));
            factory.Settle(done, SettleKind.Confirmed);
        }

        Assert.InRange(rounds, 1, 10);
        Assert.InRange(factory.Ledger.Counts.PendingBytes, 1, 100);
    }

    [Fact]
    public async Task Callers_who_gave_up_waiting_leave_no_bodies_behind()
    {
        await using var harness = new PublisherHarness(change: static settings => settings with { MaxPendingMessages = 1 });
        _ = harness.Publish("pending");
        _ = harness.Publish("patient");

        WeakReference[] bodies = await GiveUpAsync(harness, 2_000);
        harness.Time.Advance(TimeSpan.FromSeconds(1));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        // Far from the deadline of the messages, which is two minutes away.
        Assert.InRange(bodies.Count(static body => body.IsAlive), 0, 300);
        Assert.Equal((2_001, 2_000, 1), (harness.Counts.Submitted, harness.Counts.NotSent, harness.Counts.Pending));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference[]> GiveUpAsync(PublisherHarness harness, int count)
    {
        var bodies = new WeakReference[count];
        var outcomes = new Task[count];
        using var cancel = new CancellationTokenSource();
        for (int number = 0; number < count; number++)
        {
            byte[] body = new byte[100];
            bodies[number] = new WeakReference(body);
            outcomes[number] = harness.Publisher.PublishAsync("orders", "eu", body, cancellationToken: cancel.Token).AsTask();
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAsync<PublishCanceledException>(() => Task.WhenAll(outcomes).WaitAsync(Watch.Limit));
        return bodies;
    }

    private static Admission AdmissionOf(MessageFactory factory, int lane)
    {
        factory.Admit(out Admission admission, lane, size: 1);
        return admission;
    }
}

using System.Diagnostics;
using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests;

/// <summary>A broker that closes each channel as soon as it is open: it is asked again, at a measured pace (P19).</summary>
public sealed class ClosedChannelPaceTests
{
    [Fact]
    public async Task A_broker_that_closes_every_channel_at_once_is_not_asked_without_a_pause()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        await Bed.AllAsync(Bed.Publish(client, 1));
        List<FaultHandle> rules = [];
        for (int number = 1; number <= 64; number++)
        {
            int channel = number;
            rules.Add(bed.Faults.FromBroker(AmqpMethod.ConfirmSelectOk).Where(entry => entry.Channel == channel).Always().After().Send(AmqpFrames.ChannelClose(channel, 541, "INTERNAL_ERROR - drill")));
        }

        // The broker itself closed nothing: it is told, and its answer is for nobody.
        rules.Add(bed.Faults.FromClient(AmqpMethod.ChannelCloseOk).Always().Replace(static entry => AmqpFrames.ChannelClose(entry.Channel, 200, "bye")));
        rules.Add(bed.Faults.FromBroker(AmqpMethod.ChannelCloseOk).Always().Drop());
        int before = Opened(bed);
        int used = bed.Published()[0].Channel;
        bed.Faults.FromClient(AmqpMethod.BasicPublish).Instead().Send(AmqpFrames.ChannelClose(used, 403, "ACCESS_REFUSED - drill"));
        long begin = Stopwatch.GetTimestamp();
        await Bed.FailsAsync(Bed.PublishAsync(client, "refused"));

        await Bed.UntilAsync(() => Opened(bed) - before >= 5, "some attempts");
        double pace = (Opened(bed) - before) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        rules.ForEach(static rule => rule.Cancel());

        Assert.InRange(pace, 0, 40);
        await Bed.AllAsync(Bed.Publish(client, 1, first: 1));
    }

    private static int Opened(Bed bed) => bed.Journal.Entries.Count(static entry => entry is { Method: AmqpMethod.ChannelOpen, Direction: FrameDirection.FromClient });
}

using ResilientRabbit.ProtocolTests.Scenarios;
using ResilientRabbit.Testing;
using Xunit;

namespace ResilientRabbit.ProtocolTests;

/// <summary>Messages that the broker closes the channel for, while their lane writes without a pause.</summary>
public sealed class GuiltyUnderLoadTests
{
    [Fact]
    public async Task Each_guilty_message_ends_one_channel_and_no_more_however_busy_the_writer_is()
    {
        const int Guilty = 60;
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient();
        using var end = new CancellationTokenSource();
        Task[] load = [.. Enumerable.Range(0, 200).Select(_ => PumpAsync(client, end.Token))];

        for (int number = 0; number < Guilty; number++)
        {
            // An exchange of its own each: what shares one goes through the quarantine.
            PublishException failure = await Bed.FailsAsync(Bed.PublishAsync(client, $"guilty{number}", $"missing{number}"));
            Assert.Equal((PublishFailure.Refused, 404, 1), (failure.Failure, failure.ReplyCode, failure.Attempts));
        }

        await end.CancelAsync();
        await Task.WhenAll(load).WaitAsync(Bed.Patience);
        Assert.Equal(Guilty, bed.Journal.Entries.Count(static entry => entry is { Method: AmqpMethod.ChannelClose, Direction: FrameDirection.FromBroker }));
    }

    private static async Task PumpAsync(RabbitClient client, CancellationToken end)
    {
        byte[] body = new byte[16];
        while (!end.IsCancellationRequested)
        {
            await client.Publisher.PublishAsync("", Bed.Queue, body, cancellationToken: CancellationToken.None);
        }
    }
}

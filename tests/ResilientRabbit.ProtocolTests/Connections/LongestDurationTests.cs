using ResilientRabbit.ProtocolTests.Scenarios;
using Xunit;

namespace ResilientRabbit.ProtocolTests.Connections;

/// <summary>The longest durations that the options allow are not only accepted.</summary>
public sealed class LongestDurationTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    [Fact]
    public async Task A_client_with_the_longest_durations_publishes_reconnects_and_closes()
    {
        await using Bed bed = await Bed.StartAsync();
        RabbitClient client = bed.NewClient(static options =>
        {
            (options.ConnectTimeout, options.RequestTimeout, options.ShutdownTimeout, options.MoveTimeout) = (Longest, Longest, Longest, Longest);
            (options.ReconnectDelay, options.ReconnectMaxDelay, options.Publisher.DeliveryTimeout) = (Longest, Longest, Longest);
        });
        PublishReceipt[] before = await Bed.AllAsync(Bed.Publish(client, 3));

        bed.Line.ResetConnections();
        PublishReceipt[] after = await Bed.AllAsync(Bed.Publish(client, 3, first: 3));

        bed.AssertHonest([.. before, .. after]);
        await client.DisposeAsync().AsTask().WaitAsync(Bed.Patience);
    }
}

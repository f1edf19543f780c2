using System.Diagnostics;
using System.Globalization;
using RabbitMQ.Client;
using ResilientRabbit.Clusters;

namespace ResilientRabbit.ClusterTests.Harness;

/// <summary>
/// What an application that uses the driver alone would have to do after a loss: a fresh connection and channel, everything that was in flight sent again, and something new behind it. It loses no time by
/// noticing the loss, and it keeps no order between attempts.
/// </summary>
public static class BareClient
{
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>From the timestamp to the confirm of a message behind so many others.</summary>
    /// <param name="cluster">Gives the credentials.</param>
    /// <param name="addresses">Tried one after the other.</param>
    /// <param name="exchange">Where the messages go.</param>
    /// <param name="count">So many are sent before the one that counts.</param>
    /// <param name="since">The loss.</param>
    public static async Task<TimeSpan> SendAgainAsync(IRabbitCluster cluster, IReadOnlyList<ClusterAddress> addresses, string exchange, int count, long since)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await TryAsync(cluster, addresses[attempt % addresses.Count], exchange, count, since);
            }
            catch (Exception) when (Stopwatch.GetElapsedTime(since) < FaultScenario.RecoveryLimit)
            {
                await Task.Delay(Pause);
            }
        }
    }

    private static async Task<TimeSpan> TryAsync(IRabbitCluster cluster, ClusterAddress address, string exchange, int count, long since)
    {
        await using PlainConnection connection = await PlainConnection.OpenAsync(address, cluster.UserName, cluster.Password, "/", "bare", AttemptLimit);
        IChannel channel = await connection.Connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false)).WaitAsync(AttemptLimit);
        var confirmed = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        ulong last = (ulong)count + 1;
        channel.BasicAcksAsync += (_, ack) =>
        {
            if (ack.DeliveryTag == last || (ack.Multiple && ack.DeliveryTag > last))
            {
                confirmed.TrySetResult(Stopwatch.GetElapsedTime(since));
            }

            return Task.CompletedTask;
        };
        connection.Connection.ConnectionShutdownAsync += (_, ended) =>
        {
            confirmed.TrySetException(new IOException(ended.ReplyText));
            return Task.CompletedTask;
        };
        string name = Prober.MessageIdPrefix + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        for (int number = 0; number <= count; number++)
        {
            var properties = new BasicProperties { MessageId = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"), DeliveryMode = DeliveryModes.Persistent };
            await channel.BasicPublishAsync(exchange, "", mandatory: true, properties, TestBody.Create(name, number)).AsTask().WaitAsync(AttemptLimit);
        }

        return await confirmed.Task.WaitAsync(AttemptLimit);
    }
}

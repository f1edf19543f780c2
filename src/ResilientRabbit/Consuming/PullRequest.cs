using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using ResilientRabbit.Connections;

namespace ResilientRabbit.Consuming;

/// <summary>
/// Asks a queue for one message, past the driver: that one decodes headers without a limit of depth, which ends the process (C9), and ends the connection for a body above the limit,
/// so that the message comes again.
/// </summary>
internal sealed class PullRequest
{
    private readonly ConnectionEpoch _epoch;
    private readonly IChannel _channel;
    private readonly PullIntake _intake = new();
    private readonly int _stamp;
    private readonly DeliveryRoute _route;

    /// <param name="epoch">The session.</param>
    /// <param name="channel">An open channel of it that nobody else uses.</param>
    public PullRequest(ConnectionEpoch epoch, IChannel channel)
    {
        _epoch = epoch;
        _channel = channel;

        // Before the handler is added, which the driver calls here and now on a channel that is closed already.
        _stamp = epoch.Stream.Sender.StampOf(channel.ChannelNumber);
        _route = epoch.Stream.Incoming.Divert(channel.ChannelNumber, _intake);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            _intake.Fail(new OperationInterruptedException(reason));
            return Task.CompletedTask;
        };
    }

    /// <returns>Null when the queue is empty.</returns>
    /// <exception cref="OperationInterruptedException">The channel was closed, with the broker's words.</exception>
    /// <exception cref="TimeoutException">There was no answer in time. The channel must go: a late one would be a message that nobody has.</exception>
    public async Task<IncomingDelivery?> AskAsync(string queue, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            bool isSent = await _epoch.Stream.Sender.AppendAsync(GetFrame.Of(_channel.ChannelNumber, queue), _channel.ChannelNumber, _stamp).ConfigureAwait(false);
            return isSent || _intake.Answer.IsCompleted
                ? await _intake.Answer.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false)
                : throw new IOException("The channel was closed.");
        }
        catch
        {
            Detach();
            throw;
        }
    }

    /// <summary>Takes nothing more.</summary>
    public void Detach() => _route.Detach();
}

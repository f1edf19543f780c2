using RabbitMQ.Client;

namespace ResilientRabbit.Connections;

/// <summary>One broker session: one TCP connection, one AMQP connection, from its first usable moment to its loss. Never reused.</summary>
internal sealed class ConnectionEpoch
{
    /// <summary>Cancelled first of all when the session is lost. Pass it to every driver call that may wait.</summary>
    public CancellationToken Dead => throw new NotSupportedException();

    /// <summary>Completes with the reason when the session is lost.</summary>
    public Task<ConnectionLoss> Lost => throw new NotSupportedException();

    public bool IsDead => Dead.IsCancellationRequested;

    /// <summary>Opens a channel within the request timeout. A failed one is never used again; the caller tries anew or waits for another epoch.</summary>
    /// <exception cref="ConnectionException">The session is dead or did not answer in time.</exception>
    public Task<IChannel> OpenChannelAsync(CreateChannelOptions options, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Closes a channel in the background: never waits on the driver.</summary>
    public void Retire(IChannel channel) => throw new NotSupportedException();

    /// <summary>Declares the session lost: cancels <see cref="Dead"/>, closes the socket, tidies up in the background. Returns at once; idempotent.</summary>
    public void Kill(ConnectionLoss loss) => throw new NotSupportedException();
}

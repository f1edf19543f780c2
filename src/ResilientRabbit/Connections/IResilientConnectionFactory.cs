using RabbitMQ.Client;

namespace ResilientRabbit;

/// <summary>Opens connections of the driver, for code that needs the driver itself: the escape hatch beside <see cref="ResilientRabbitOptions.ConfigureDriver"/>.</summary>
/// <remarks>
/// Thread-safe. The connections are opened as the client opens its own: the same choice of endpoints, time limit, TLS and credentials; they are ended
/// when the broker is silent, and their secret is renewed. What comes after that is the caller's: they are <b>not</b> opened again after a loss,
/// nothing is replayed, and none of the guarantees of <see cref="IPublisher"/> or <see cref="ISubscription"/> holds on them. The driver's own recovery is off.
/// </remarks>
public interface IResilientConnectionFactory
{
    /// <summary>Opens a connection: each endpoint is tried at most once, without pauses, each of its addresses within <see cref="ResilientRabbitOptions.ConnectTimeout"/>.</summary>
    /// <param name="purpose">What it is for: appended to the client's name, as in <c>app:reports</c>. Letters, digits and dashes.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    /// <returns>The connection. It belongs to the caller, who disposes it; the client that made it does not, but no new one is opened once that is disposed.</returns>
    /// <exception cref="ArgumentException">The purpose is empty or has other characters.</exception>
    /// <exception cref="ConnectionException">No endpoint gave a connection, or one of them refused user, password or virtual host. The last failure is told.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    Task<IConnection> CreateConnectionAsync(string purpose, CancellationToken cancellationToken = default);
}

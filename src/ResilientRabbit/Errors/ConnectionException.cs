namespace ResilientRabbit;

/// <summary>Reports that no usable connection to the cluster exists.</summary>
public sealed class ConnectionException : RabbitException
{
    /// <summary>Initializes the exception.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="endpoint">The endpoint concerned, without credentials; <see langword="null"/> when it is none in particular.</param>
    /// <param name="message">What failed, where, why, and what to check.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public ConnectionException(ConnectionFailureReason reason, string? endpoint, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Reason = reason;
        Endpoint = endpoint;
        HelpLink = HelpLinks.Of(reason);
    }

    /// <summary>Gets why the connection is missing.</summary>
    public ConnectionFailureReason Reason { get; }

    /// <summary>Gets the endpoint as <c>host:port</c>, or <see langword="null"/> when it is none in particular.</summary>
    public string? Endpoint { get; }

    /// <inheritdoc/>
    public override bool IsTransient => Reason is not (ConnectionFailureReason.AuthenticationFailed or ConnectionFailureReason.VirtualHostRefused or ConnectionFailureReason.ClientClosed);
}

namespace ResilientRabbit.Management;

/// <summary>Reports that a call of the management API failed. No text of it holds a password, a token or the credentials of a URI.</summary>
public sealed class ManagementException : RabbitException
{
    /// <summary>Initializes the exception.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="message">What failed, where, why, and what to check.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public ManagementException(ManagementFailure failure, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Failure = failure;
        HelpLink = HelpLinks.Of("management", failure.ToString());
    }

    /// <summary>Gets why the call failed.</summary>
    public ManagementFailure Failure { get; }

    /// <summary>Gets the method and the path, for example <c>GET /api/queues/%2F/orders</c>.</summary>
    /// <value>Empty by default.</value>
    public string Request { get; init; } = "";

    /// <summary>Gets the address that answered, or was tried last, for example <c>http://node-01:15672</c>.</summary>
    /// <value><see langword="null"/> by default: none.</value>
    public string? Address { get; init; }

    /// <summary>Gets the HTTP status.</summary>
    /// <value><see langword="null"/> by default: there was no answer.</value>
    public int? StatusCode { get; init; }

    /// <summary>Gets the reason as the broker gave it, shortened and without secrets.</summary>
    /// <value><see langword="null"/> by default: it gave none.</value>
    public string? BrokerReason { get; init; }

    /// <summary>Gets how many times the request was tried, on all addresses together.</summary>
    /// <value>1 by default.</value>
    public int Attempts { get; init; } = 1;

    /// <inheritdoc/>
    public override bool IsTransient => Failure is ManagementFailure.Unavailable or ManagementFailure.ServerError or ManagementFailure.Unreachable
        or ManagementFailure.ConnectionLost or ManagementFailure.TimedOut or ManagementFailure.CredentialsUnavailable;
}

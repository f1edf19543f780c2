namespace ResilientRabbit.Management.Http;

/// <summary>One attempt has failed without an answer.</summary>
/// <param name="failure">Why.</param>
/// <param name="what">What happened, for people; without secrets.</param>
/// <param name="innerException">The cause, if it may be shown.</param>
internal sealed class AttemptException(ManagementFailure failure, string what, Exception? innerException = null) : Exception(what, innerException)
{
    public ManagementFailure Failure => failure;

    /// <summary>Gets a value indicating whether nothing of the request has left: then it may be tried elsewhere, whatever it is.</summary>
    public bool WasNotSent => failure is ManagementFailure.Unreachable or ManagementFailure.TlsFailed or ManagementFailure.CredentialsUnavailable;

    /// <summary>Gets a value indicating whether another attempt may end otherwise.</summary>
    public bool IsWorthAnother => failure is not (ManagementFailure.Malformed or ManagementFailure.TooLarge);
}

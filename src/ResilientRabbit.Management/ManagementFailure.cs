namespace ResilientRabbit.Management;

/// <summary>Why a call of the management API failed.</summary>
public enum ManagementFailure
{
    /// <summary>The request is not valid for the broker (400), for example a policy it does not know.</summary>
    BadRequest,

    /// <summary>The broker does not accept user and password (401).</summary>
    Unauthorized,

    /// <summary>The user is known and may not do this: a missing tag, or no permission in the virtual host (401 with that reason, or 403).</summary>
    Forbidden,

    /// <summary>There is no such object, or the plugin that serves the path is not enabled (404).</summary>
    NotFound,

    /// <summary>The object is not in the state that the request needs: in use, not empty, or there with other properties (409, 412, or 400 with the broker's words for it).</summary>
    Conflict,

    /// <summary>The broker, or a proxy before it, cannot answer now (502, 503, 504).</summary>
    Unavailable,

    /// <summary>The broker failed (another 5xx), or answered with a status that it has no reason to.</summary>
    ServerError,

    /// <summary>No connection could be made: nothing was sent.</summary>
    Unreachable,

    /// <summary>The TLS handshake failed, or the certificate is not accepted: nothing was sent.</summary>
    TlsFailed,

    /// <summary>The connection was lost before the answer was complete. The request may have been carried out.</summary>
    ConnectionLost,

    /// <summary>The answer was not complete in time. The request may have been carried out.</summary>
    TimedOut,

    /// <summary>The answer is not what the management API sends: not HTTP, not JSON, or of another shape.</summary>
    Malformed,

    /// <summary>The answer is larger than <see cref="ManagementOptions.MaxResponseSize"/>.</summary>
    TooLarge,

    /// <summary>The credentials provider failed, or gave nothing in time: nothing was sent.</summary>
    CredentialsUnavailable,
}

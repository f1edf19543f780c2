using System.Security.Authentication;

namespace ResilientRabbit.Connections;

/// <summary>The broker's certificate was not accepted; the message says why.</summary>
internal sealed class CertificateException(string message, Exception inner) : AuthenticationException(message, inner);

using System.Security.Cryptography.X509Certificates;

namespace ResilientRabbit.Configuration;

/// <summary>Whether settings differ in where and as whom to connect. A configuration is loaded again for whatever changes in it, or on a timer.</summary>
internal static class AccessComparison
{
    public static bool IsSame(ClientSettings one, ClientSettings other)
        => one.Endpoints.SequenceEqual(other.Endpoints)
            && one.EndpointCredentials.Count == other.EndpointCredentials.Count
            && one.EndpointCredentials.All(entry => other.EndpointCredentials.TryGetValue(entry.Key, out UserCredentials? credentials) && credentials == entry.Value)
            && (one.ConnectionMode, one.Authentication, one.UserName, one.Password) == (other.ConnectionMode, other.Authentication, other.UserName, other.Password)
            && ReferenceEquals(one.CredentialsProvider, other.CredentialsProvider)
            && IsSame(one.Tls, other.Tls);

    private static bool IsSame(TlsSettings? one, TlsSettings? other)
        => one is null || other is null
            ? one == other
            : one with { Authorities = null, Certificates = null } == other with { Authorities = null, Certificates = null } && IsSame(one.Authorities, other.Authorities) && IsSame(one.Certificates, other.Certificates);

    private static bool IsSame(X509Certificate2Collection? one, X509Certificate2Collection? other)
        => one is null || other is null
            ? one == other
            : one.Count == other.Count && one.Zip(other).All(static pair => pair.First.RawDataMemory.Span.SequenceEqual(pair.Second.RawDataMemory.Span));
}

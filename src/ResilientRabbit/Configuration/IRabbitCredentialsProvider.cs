namespace ResilientRabbit;

/// <summary>Is asked for user name and password at each attempt to connect: for secrets that rotate, or expire.</summary>
/// <remarks>
/// <para>Called from several connections at the same time: implementations are thread-safe. What it returns is used for one attempt and not kept.</para>
/// <para>The call has the time that is left of the attempt (<see cref="ResilientRabbitOptions.ConnectTimeout"/>). One that takes longer fails the attempt
/// with <see cref="ConnectionFailureReason.CredentialsUnavailable"/>, and so does an exception; the next attempt waits for a call that has not
/// returned instead of making another. The text of an exception is not repeated anywhere, because it may hold a secret: only its type is.</para>
/// </remarks>
public interface IRabbitCredentialsProvider
{
    /// <summary>Gets the credentials that are valid now.</summary>
    /// <param name="cancellationToken">Cancelled when the attempt's time is over or the client is disposed.</param>
    /// <returns>The credentials.</returns>
    ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken);
}

namespace ResilientRabbit.Tests.Configuration;

/// <summary>A provider that always returns the same.</summary>
internal sealed class FixedCredentials(RabbitCredentials credentials) : IRabbitCredentialsProvider
{
    public ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken) => new(credentials);
}

namespace ResilientRabbit.Configuration;

/// <summary>One <c>amqp://</c> or <c>amqps://</c> URI, decoded.</summary>
/// <param name="Endpoint">Host and port.</param>
/// <param name="IsTls">Whether the scheme is <c>amqps</c>.</param>
/// <param name="Credentials">User and password; null when the URI has none.</param>
/// <param name="VirtualHost">The virtual host; null when the URI has none.</param>
internal sealed record AmqpUri(RabbitEndpoint Endpoint, bool IsTls, UserCredentials? Credentials, string? VirtualHost)
{
    public override string ToString() => $"{(IsTls ? "amqps" : "amqp")}://{(Credentials is null ? "" : Credentials + "@")}{Endpoint}";
}

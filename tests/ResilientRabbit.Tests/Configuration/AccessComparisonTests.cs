using ResilientRabbit.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

/// <summary>What of a reload says something about where and as whom to connect.</summary>
public sealed class AccessComparisonTests
{
    [Fact]
    public void What_is_read_a_second_time_is_the_same() => Assert.True(AccessComparison.IsSame(Settings(Plain()), Settings(Plain())));

    [Fact]
    public void Anything_that_an_attempt_uses_is_a_difference()
    {
        Action<ResilientRabbitOptions>[] changes =
        [
            static options => options.Endpoints.Add("c:5671"),
            static options => options.Endpoints[0] = "other:5671",
            static options => options.UserName = "other",
            static options => options.Password = "other",
            static options => options.ConnectionMode = ConnectionMode.LoadBalancer,
            static options => options.CredentialsProvider = new Provider(),
            static options => options.Tls.Enabled = false,
            static options => options.Tls.ServerName = "other",
        ];

        Assert.All(changes, static change =>
        {
            ResilientRabbitOptions changed = Plain();
            change(changed);
            Assert.False(AccessComparison.IsSame(Settings(Plain()), Settings(changed)));
        });
        ClientSettings settings = Settings(Plain());
        Assert.False(AccessComparison.IsSame(settings, settings with { EndpointCredentials = new Dictionary<RabbitEndpoint, UserCredentials> { [settings.Endpoints[0]] = new("u", "p") } }));
    }

    private static ResilientRabbitOptions Plain() => new() { Endpoints = { "a:5671", "b:5671" }, Tls = { Enabled = true } };

    private static ClientSettings Settings(ResilientRabbitOptions options) => ClientSettings.From(options);

    private sealed class Provider : IRabbitCredentialsProvider
    {
        public ValueTask<RabbitCredentials> GetCredentialsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}

using Microsoft.Extensions.Options;
using ResilientRabbit.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

public sealed class ModeRulesTests
{
    [Fact]
    public void One_address_is_taken_for_a_load_balancer_and_several_for_nodes_unless_the_options_say()
    {
        Assert.Equal(ConnectionMode.LoadBalancer, Settings(static _ => { }).ConnectionMode);
        Assert.Equal(ConnectionMode.LoadBalancer, Settings(static options => options.Endpoints.Add("a")).ConnectionMode);
        Assert.Equal(ConnectionMode.NodeList, Settings(static options => Add(options, "a", "b")).ConnectionMode);
        Assert.Equal(ConnectionMode.NodeList, Settings(static options => options.ConnectionMode = ConnectionMode.NodeList).ConnectionMode);
        Assert.Equal(ConnectionMode.VirtualIp, Settings(static options =>
        {
            Add(options, "a", "b");
            options.ConnectionMode = ConnectionMode.VirtualIp;
        }).ConnectionMode);
    }

    [Fact]
    public void A_heartbeat_below_the_time_out_of_the_proxy_is_accepted()
        => Assert.Equal(TimeSpan.FromSeconds(10), Settings(static options => options.ProxyIdleTimeout = TimeSpan.FromSeconds(11)).Heartbeat);

    [Fact]
    public void A_provider_of_passwords_and_a_login_by_certificate_exclude_each_other()
    {
        var options = new ResilientRabbitOptions { Authentication = SaslMechanism.External, CredentialsProvider = new FixedCredentials(new RabbitCredentials("u", "p")) };

        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => ClientSettings.From(options));

        Assert.Contains(exception.Failures, static failure => failure.StartsWith("ResilientRabbit:CredentialsProvider: is set, and Authentication is External", StringComparison.Ordinal));
    }

    public static TheoryData<string, Action<ResilientRabbitOptions>> Doubtful() => new()
    {
        { "Publisher:ConfirmStallTimeout (00:00:05) is above 1.2 times Heartbeat (00:00:04)", static o => o.Heartbeat = TimeSpan.FromSeconds(4) },
        { "Publisher:DeliveryTimeout (00:00:20) is not above ConnectTimeout (00:00:20)", static o => (o.ConnectTimeout, o.Publisher.DeliveryTimeout) = (TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20)) },
        { "Heartbeat (00:01:00) is above 00:00:30, and ConnectionMode is VirtualIp", static o => (o.Heartbeat, o.ConnectionMode) = (TimeSpan.FromSeconds(60), ConnectionMode.VirtualIp) },
        { "FailBackDelay (00:00:10) has no effect with a single endpoint", static o => (o.FailBackDelay, o.ConnectionMode) = (TimeSpan.FromSeconds(10), ConnectionMode.NodeList) },
    };

    [Theory]
    [MemberData(nameof(Doubtful), DisableDiscoveryEnumeration = true)]
    public void Times_that_hardly_fit_together_are_warned_about_with_both_values(string warning, Action<ResilientRabbitOptions> change)
    {
        var options = new ResilientRabbitOptions();
        Assert.Empty(OptionWarnings.Of(ClientSettings.From(options), options));

        change(options);

        Assert.Contains(OptionWarnings.Of(ClientSettings.From(options), options), found => found.StartsWith(warning, StringComparison.Ordinal));
    }

    private static void Add(ResilientRabbitOptions options, params string[] endpoints)
    {
        foreach (string endpoint in endpoints)
        {
            options.Endpoints.Add(endpoint);
        }
    }

    private static ClientSettings Settings(Action<ResilientRabbitOptions> change)
    {
        var options = new ResilientRabbitOptions();
        change(options);
        return ClientSettings.From(options);
    }
}

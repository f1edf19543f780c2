using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ResilientRabbit.Management.Http;
using Xunit;

namespace ResilientRabbit.Management.Tests;

/// <summary>Options from a configuration section: every key is known or refused, and all problems are told at once.</summary>
public sealed class SectionTests
{
    private const string Canary = "zq9" + "CANARY" + "q9z";

    [Fact]
    public void Every_option_can_be_set_from_a_section()
    {
        IEnumerable<string> properties = typeof(ManagementOptions).GetProperties().Select(static property => property.Name).Except([nameof(ManagementOptions.CredentialsProvider)], StringComparer.Ordinal);

        Assert.Equal(properties.Order(StringComparer.Ordinal), ManagementSection.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_values_of_a_section_arrive_in_the_options()
    {
        IConfigurationSection section = Section(
            ("Addresses:0", "http://node-01:15672"), ("addresses:1", "node-02"), ("USERNAME", "operator"), ("Password", "p,:%"), ("VirtualHost", "shop"), ("Tls:Enabled", "true"), ("tls:servername", "rabbit"),
            ("ConnectTimeout", "00:00:01"), ("RequestTimeout", "00:00:02"), ("MaxAttempts", "7"), ("RetryDelay", "00:00:00.25"), ("MaxResponseSize", "4096"));
        using ServiceProvider provider = new ServiceCollection().AddResilientRabbitManagement(section).BuildServiceProvider();

        ManagementOptions options = provider.GetRequiredService<IOptionsMonitor<ManagementOptions>>().CurrentValue;

        Assert.Equal(["http://node-01:15672", "node-02"], options.Addresses);
        Assert.Equal(("operator", "p,:%", "shop", true, "rabbit"), (options.UserName, options.Password, options.VirtualHost, options.Tls.Enabled, options.Tls.ServerName));
        Assert.Equal((1, 2, 7, 0.25, 4096), (options.ConnectTimeout.TotalSeconds, options.RequestTimeout.TotalSeconds, options.MaxAttempts, options.RetryDelay.TotalSeconds, options.MaxResponseSize));
        Assert.Equal("http://node-01:15672, https://node-02:15671", provider.GetRequiredService<IRabbitManagementClient>().ToString());
    }

    [Fact]
    public void All_problems_come_in_one_message_each_once_and_without_a_secret()
    {
        IConfigurationSection section = Section(
            ("Adresses", "node-01"), ("UserNam", "x"), ("Password", Canary + "\n"), ("Tls:CaFil", "/x"), ("MaxAttempts", "many"), ("RetryDelay", "5"), ("ConnectTimeout", "00:00:00"), ("VirtualHost:0", "v"));
        using ServiceProvider provider = new ServiceCollection()
            .AddResilientRabbitManagement(static options => options.MaxResponseSize = 1)
            .AddResilientRabbitManagement(section)
            .AddResilientRabbitManagement(static options => options.RequestTimeout = TimeSpan.Zero)
            .BuildServiceProvider();

        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(provider.GetRequiredService<IRabbitManagementClient>);

        string[] expected =
        [
            "Shop:Api: has an unknown key 'Adresses'; the nearest known key is 'Addresses'",
            "Shop:Api: has an unknown key 'Tls:CaFil'; the nearest known key is 'Tls:CaFile'",
            "Shop:Api: has an unknown key 'UserNam'; the nearest known key is 'UserName'",
        ];
        Assert.All(expected, line => Assert.Contains(line, refused.Failures));
        string[] keys = ["Password", "MaxAttempts", "RetryDelay", "ConnectTimeout", "VirtualHost", "MaxResponseSize", "RequestTimeout"];
        Assert.All(keys, key => Assert.Single(refused.Failures, failure => failure.StartsWith($"Shop:Api:{key}: ", StringComparison.Ordinal)));
        Assert.Equal(expected.Length + keys.Length, refused.Failures.Count());
        Assert.DoesNotContain(Canary, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_value_is_no_section()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Shop:Api", "http://node-01")]).Build();
        using ServiceProvider provider = new ServiceCollection().AddResilientRabbitManagement("far", configuration.GetSection("Shop:Api")).BuildServiceProvider();

        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<IRabbitManagementClient>("far"));

        Assert.Equal("Shop:Api: must be a section with keys, is a single value", Assert.Single(refused.Failures));
    }

    [Fact]
    public void Beside_a_client_the_section_stands_before_the_clients_options()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddResilientRabbit(static options =>
            {
                options.Endpoints.Add("node-01");
                options.UserName = "app";
                options.Password = "secret";
            })
            .AddManagement(Section(("UserName", "operator"), ("RequestTimeout", "00:00:04")))
            .Services.BuildServiceProvider();

        ManagementOptions options = provider.GetRequiredService<IOptionsMonitor<ManagementOptions>>().CurrentValue;

        Assert.Equal(("operator", "secret", 4), (options.UserName, options.Password, options.RequestTimeout.TotalSeconds));
        Assert.Equal(["http://node-01"], options.Addresses);
    }

    [Fact]
    public void Sections_of_several_names_are_kept_apart()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddResilientRabbitManagement("good", Section(("Addresses", "node-01,node-02")))
            .AddResilientRabbitManagement("bad", Section(("Nothing", "x")))
            .BuildServiceProvider();

        Assert.Equal("http://node-01:15672, http://node-02:15672", provider.GetRequiredKeyedService<IRabbitManagementClient>("good").ToString());
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<IRabbitManagementClient>("bad"));
    }

    private static IConfigurationSection Section(params (string Key, string Value)[] values)
        => new ConfigurationBuilder().AddInMemoryCollection(values.Select(static pair => new KeyValuePair<string, string?>("Shop:Api:" + pair.Key, pair.Value))).Build().GetSection("Shop:Api");
}

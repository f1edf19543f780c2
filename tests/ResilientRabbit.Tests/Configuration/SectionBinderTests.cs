using System.Globalization;
using Microsoft.Extensions.Configuration;
using ResilientRabbit.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

public sealed class SectionBinderTests
{
    [Fact]
    public void Every_option_can_be_set_from_a_section()
    {
        string[] except =
        [
            nameof(ResilientRabbitOptions.ConfigureDriver), nameof(ResilientRabbitOptions.CredentialsProvider), nameof(ResilientRabbitOptions.NodeNameResolver), nameof(ResilientRabbitOptions.QueueLeaderResolver), OptionKeys.Endpoints, OptionKeys.Uris, OptionKeys.Tls, OptionKeys.Publisher, OptionKeys.Consumers, OptionKeys.Declarations,
        ];
        IEnumerable<string> properties = typeof(ResilientRabbitOptions).GetProperties().Select(static property => property.Name);

        Assert.Equivalent(properties.Where(name => !except.Contains(name, StringComparer.Ordinal)), OptionKeys.Client.Select(static key => key.Name), strict: true);
        Assert.Equivalent(
            typeof(PublisherOptions).GetProperties().Select(static property => property.Name), OptionKeys.ForPublisher.Select(static key => key.Name), strict: true);
        Assert.Equivalent(typeof(TlsOptions).GetProperties().Select(static property => property.Name), OptionKeys.ForTls.Select(static key => key.Name), strict: true);
        Assert.Equivalent(typeof(ConsumerDefaults).GetProperties().Select(static property => property.Name), OptionKeys.ForConsumers.Select(static key => key.Name), strict: true);
        Assert.Equivalent(typeof(DeclarationDefaults).GetProperties().Select(static property => property.Name), OptionKeys.ForDeclarations.Select(static key => key.Name), strict: true);
    }

    [Fact]
    public void The_values_of_a_section_arrive_in_the_options()
    {
        (ResilientRabbitOptions options, IReadOnlyList<string> problems) = Bind(
            ("Endpoints:0", "node-01"), ("Endpoints:1", "node-02:5673"), ("port", "5674"), ("VIRTUALHOST", "openstack"), ("UserName", "nova"),
            ("Password", "% : @ / # ? + \" \\ é 😀"), ("ClientName", "app"), ("Heartbeat", "00:00:20"), ("ConnectTimeout", "00:00:01.5"),
            ("ReconnectDelay", "00:00:00.0500000"), ("ReconnectMaxDelay", "1.00:00:00"), ("RequestTimeout", "00:00:03"), ("ShutdownTimeout", "00:00:04"),
            ("Publisher:Connections", "1"), ("publisher:lanes", "8"), ("Publisher:InFlightWindow", "16"), ("Publisher:DeliveryTimeout", "00:01:00"),
            ("Publisher:ConfirmStallTimeout", "00:00:02"), ("Publisher:MaxPendingMessages", "10"), ("Publisher:MaxPendingBytes", "8589934592"),
            ("Publisher:MaxMessageSize", "1024"), ("Publisher:BufferFull", "fail"), ("Publisher:Mandatory", "False"), ("Publisher:Persistent", "false"),
            ("Publisher:PreserveOrder", "false"), ("Publisher:Packing", "true"), ("Publisher:PackMaxMessages", "9"), ("Publisher:PackMaxBytes", "1024"),
            ("Publisher:PackMaxMessageBytes", "99"), ("Publisher:PackLinger", "00:00:00.005"), ("Publisher:LeaderRefreshInterval", "00:00:30"));

        Assert.Empty(problems);
        Assert.Equal("node-01 node-02:5673", string.Join(' ', options.Endpoints));
        Assert.Equal((5674, "openstack", "nova", "% : @ / # ? + \" \\ é 😀", "app"), (options.Port, options.VirtualHost, options.UserName, options.Password, options.ClientName));
        Assert.Equal((20, 1.5, 0.05), (options.Heartbeat.TotalSeconds, options.ConnectTimeout.TotalSeconds, options.ReconnectDelay.TotalSeconds));
        Assert.Equal((1, 3, 4), (options.ReconnectMaxDelay.TotalDays, options.RequestTimeout.TotalSeconds, options.ShutdownTimeout.TotalSeconds));
        PublisherOptions publisher = options.Publisher;
        Assert.Equal((1, 8, 16, 60, 2), (publisher.Connections, publisher.Lanes, publisher.InFlightWindow, publisher.DeliveryTimeout.TotalSeconds, publisher.ConfirmStallTimeout.TotalSeconds));
        Assert.Equal((10, 8589934592, 1024, BufferFullMode.Fail), (publisher.MaxPendingMessages, publisher.MaxPendingBytes, publisher.MaxMessageSize, publisher.BufferFull));
        Assert.Equal((false, false, false), (publisher.Mandatory, publisher.Persistent, publisher.PreserveOrder));
        Assert.Equal((true, 9, 1024, 99, 5), (publisher.Packing, publisher.PackMaxMessages, publisher.PackMaxBytes, publisher.PackMaxMessageBytes, publisher.PackLinger.TotalMilliseconds));
        Assert.Equal(30, publisher.LeaderRefreshInterval.TotalSeconds);
    }

    [Fact]
    public void An_absent_section_means_the_defaults()
    {
        IConfiguration configuration = new ConfigurationBuilder().Build();

        Assert.Empty(SectionBinder.Bind(configuration.GetSection("ResilientRabbit"), new ResilientRabbitOptions()));
    }

    [Theory]
    [InlineData("node-01,node-02:5673", "node-01 node-02:5673")]
    [InlineData("node-01, node-02 ", "node-01 node-02")]
    [InlineData("[::1]:5672", "[::1]:5672")]
    [InlineData("a,,b", "a  b")]
    public void Endpoints_may_be_one_text_with_commas(string text, string endpoints)
    {
        (ResilientRabbitOptions options, IReadOnlyList<string> problems) = Bind(("Endpoints", text));

        Assert.Empty(problems);
        Assert.Equal(endpoints, string.Join(' ', options.Endpoints));
    }

    [Fact]
    public void The_endpoints_of_a_section_replace_earlier_ones()
    {
        var options = new ResilientRabbitOptions { Endpoints = { "old" } };

        SectionBinder.Bind(Section(("Endpoints", "new")), options);

        Assert.Equal("new", Assert.Single(options.Endpoints));
    }

    [Theory]
    [InlineData("Endpoints", "", "Endpoints: must name at least one")]
    [InlineData("Endpoints:0:Host", "a", "Endpoints: must be a list")]
    [InlineData("Port", "abc", "Port: must be a whole number, is 'abc'")]
    [InlineData("Port", "", "Port: must be a whole number, is ''")]
    [InlineData("Port", "5672.5", "Port: must be a whole number")]
    [InlineData("Port", null, "Port: must be a single value")]
    [InlineData("Port:Number", "5672", "Port: must be a single value")]
    [InlineData("Heartbeat", "5", "Heartbeat: must be a duration")]
    [InlineData("Heartbeat", "5s", "Heartbeat: must be a duration")]
    [InlineData("Heartbeat", "00:05", "Heartbeat: must be a duration")]
    [InlineData("Heartbeat", "infinite", "Heartbeat: must be a duration")]
    [InlineData("Heartbeat", "NaN", "Heartbeat: must be a duration")]
    [InlineData("Heartbeat", "99999999:00:00", "Heartbeat: must be a duration")]
    [InlineData("Publisher", "fast", "Publisher: must be a section")]
    [InlineData("Publisher:Lanes", "1e3", "Publisher:Lanes: must be a whole number, is '1e3'")]
    [InlineData("Publisher:MaxPendingBytes", "64MiB", "Publisher:MaxPendingBytes: must be a whole number")]
    [InlineData("Publisher:Mandatory", "yes", "Publisher:Mandatory: must be true or false, is 'yes'")]
    [InlineData("Publisher:BufferFull", "0", "Publisher:BufferFull: must be Wait or Fail, is '0'")]
    [InlineData("rabbit_port", "x", "rabbit_port: must be a whole number")]
    [InlineData("rabbit_hosts", "", "rabbit_hosts: must name at least one")]
    [InlineData("rabbit_host", "node:5673", "rabbit_host: must be a host without a port; use rabbit_port")]
    [InlineData("rabbit_host:0", "node", "rabbit_host: must be a single value")]
    public void A_value_that_cannot_be_read_is_a_problem_of_its_key(string key, string? value, string problem)
        => Assert.StartsWith("Rabbit:" + problem, Assert.Single(Bind((key, value)).Problems), StringComparison.Ordinal);

    [Theory]
    [InlineData("endpoint", "Endpoints")]
    [InlineData("heartBeatt", "Heartbeat")]
    [InlineData("Publisher:Lane", "Publisher:Lanes")]
    [InlineData("rabbit_user", "rabbit_userid")]
    [InlineData("rabit_hosts", "rabbit_hosts")]
    [InlineData("ConfigureDriver", "")]
    public void An_unknown_key_is_refused_and_the_nearest_one_named(string key, string nearest)
    {
        string problem = Assert.Single(Bind((key, "x")).Problems);

        Assert.StartsWith($"Rabbit: has an unknown key '{key}'; the nearest known key is '{nearest}", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_or_unprintable_key_makes_a_short_message()
        => Assert.All(Bind((new string('k', 5000), "x"), ("a\u0007\n", "x")).Problems, static problem =>
        {
            Assert.InRange(problem.Length, 1, 1024);
            Assert.DoesNotContain(problem, char.IsControl);
        });

    [Fact]
    public void A_whole_environment_is_not_listed()
    {
        IReadOnlyList<string> problems = Bind([.. Enumerable.Range(0, 100).Select(static i => ("VARIABLE_" + i.ToString("D3", CultureInfo.InvariantCulture), (string?)"x"))]).Problems;

        Assert.Equal(11, problems.Count);
        Assert.Contains("90 more unknown keys; was the root", problems[10], StringComparison.Ordinal);
    }

    [Fact]
    public void A_section_that_is_a_single_value_is_refused()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Rabbit", (string?)"x")]).Build();

        string problem = Assert.Single(SectionBinder.Bind(configuration.GetSection("Rabbit"), new ResilientRabbitOptions()));

        Assert.Equal("Rabbit: must be a section with keys, is a single value", problem);
    }

    [Fact]
    public void No_problem_holds_the_password()
    {
        (string, string?)[] values = [("Password:0", "s3cret"), ("rabbit_password", "s3cret"), ("Endpoints", "u:s3cret@node"), ("Pasword", "s3cret")];

        Assert.DoesNotContain(Bind(values).Problems, static problem => problem.Contains("s3cret", StringComparison.Ordinal));
    }

    internal static IConfigurationSection Section(params (string Key, string? Value)[] values)
        => new ConfigurationBuilder().AddInMemoryCollection(values.Select(static pair => KeyValuePair.Create("Rabbit:" + pair.Key, pair.Value))).Build().GetSection("Rabbit");

    internal static (ResilientRabbitOptions Options, IReadOnlyList<string> Problems) Bind(params (string Key, string? Value)[] values)
    {
        var options = new ResilientRabbitOptions();
        return (options, SectionBinder.Bind(Section(values), options));
    }
}

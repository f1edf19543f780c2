using Microsoft.Extensions.Options;
using ResilientRabbit.Configuration;
using ResilientRabbit.Configuration.OpenStack;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

public sealed class OpenStackKeysTests
{
    [Fact]
    public void The_keys_of_a_nova_file_are_understood()
    {
        (ResilientRabbitOptions options, IReadOnlyList<string> problems) = SectionBinderTests.Bind(
            ("rabbit_hosts", "ctl-1:5673, ctl-2,ctl-3"), ("RABBIT_PORT", "5674"), ("rabbit_userid", "nova"), ("rabbit_password", "p@ss:word"), ("rabbit_virtual_host", "/nova"));

        Assert.Empty(problems);
        ClientSettings settings = ClientSettings.From(options);
        Assert.Equal("ctl-1:5673 ctl-2:5674 ctl-3:5674", string.Join(' ', settings.Endpoints));
        Assert.Equal(("nova", "p@ss:word", "/nova"), (settings.UserName, settings.Password, settings.VirtualHost));
    }

    [Theory]
    [InlineData("node", "node:5673")]
    [InlineData("10.0.0.1", "10.0.0.1:5673")]
    [InlineData("fe80::1", "[fe80::1]:5673")]
    [InlineData("[::1]", "[::1]:5673")]
    public void A_single_host_and_its_port_are_one_endpoint(string host, string endpoint)
    {
        (ResilientRabbitOptions options, IReadOnlyList<string> problems) = SectionBinderTests.Bind(("rabbit_host", host), ("rabbit_port", "5673"));

        Assert.Empty(problems);
        Assert.Equal(endpoint, Assert.Single(ClientSettings.From(options).Endpoints).ToString());
    }

    [Fact]
    public void The_list_wins_over_the_single_host_as_in_oslo()
    {
        (ResilientRabbitOptions options, IReadOnlyList<string> problems) = SectionBinderTests.Bind(("rabbit_hosts", "a,b"), ("rabbit_host", "c"), ("rabbit_port", "5673"));

        Assert.Empty(problems);
        Assert.Equal("a:5673 b:5673", string.Join(' ', ClientSettings.From(options).Endpoints));
    }

    [Theory]
    [InlineData("rabbit_hosts", "Endpoints")]
    [InlineData("rabbit_host", "Endpoints:0")]
    [InlineData("rabbit_port", "Port")]
    [InlineData("rabbit_userid", "UserName")]
    [InlineData("rabbit_password", "Password")]
    [InlineData("rabbit_virtual_host", "VirtualHost")]
    public void Saying_the_same_with_both_keys_is_a_conflict(string openStackKey, string key)
    {
        string problem = Assert.Single(SectionBinderTests.Bind((openStackKey, "1"), (key, "1")).Problems);

        Assert.Equal($"Rabbit:{openStackKey}: says the same as '{key.Split(':')[0]}', which is given too; choose one of them", problem);
    }

    [Theory]
    [InlineData("rabbit_hosts", "a,user:s3cret@b", "Rabbit:rabbit_hosts:1: must not contain '@'")]
    [InlineData("rabbit_host", "a,b", "Rabbit:rabbit_host:0: a host name has letters")]
    [InlineData("rabbit_port", "0", "Rabbit:rabbit_port: must be 1 to 65535, is 0")]
    [InlineData("rabbit_userid", "", "Rabbit:rabbit_userid: must not be empty")]
    [InlineData("rabbit_password", "", "Rabbit:rabbit_password: must not be empty")]
    [InlineData("rabbit_virtual_host", "", "Rabbit:rabbit_virtual_host: must not be empty")]
    public void A_broken_rule_names_the_key_that_was_written(string key, string value, string problem)
    {
        var sections = new BoundSections("");
        sections.Add(SectionBinderTests.Section((key, value)));
        ResilientRabbitOptions options = SectionBinderTests.Bind((key, value)).Options;

        ValidateOptionsResult result = new ResilientRabbitOptionsValidator("", sections.NewList).Validate("", options);

        Assert.StartsWith(problem, Assert.Single(result.Failures!), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_key_replaces_an_option_that_exists()
        => Assert.All(OpenStackKeys.All, static key => Assert.NotNull(typeof(ResilientRabbitOptions).GetProperty(key.Replaces)));
}

using ResilientRabbit.Configuration;
using Xunit;

namespace ResilientRabbit.Tests.Configuration;

public sealed class EndpointParserTests
{
    [Theory]
    [InlineData("node-01", "node-01", 5672)]
    [InlineData("node-01:5673", "node-01", 5673)]
    [InlineData("a_b", "a_b", 5672)]
    [InlineData("rabbit.example.", "rabbit.example.", 5672)]
    [InlineData("10.0.0.1:1", "10.0.0.1", 1)]
    [InlineData("host:65535", "host", 65535)]
    [InlineData("[::1]", "::1", 5672)]
    [InlineData("[fe80::1%eth0]:5673", "fe80::1%eth0", 5673)]
    [InlineData("bücher.example", "bücher.example", 5672)]
    [InlineData("3com", "3com", 5672)]
    public void A_host_with_or_without_a_port_is_accepted(string text, string host, int port)
    {
        bool parsed = EndpointParser.TryParse(text, 5672, out RabbitEndpoint endpoint, out string problem);

        Assert.True(parsed, problem);
        Assert.Equal(new RabbitEndpoint(host, port), endpoint);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData(" node")]
    [InlineData("node 1")]
    [InlineData("node\t1")]
    [InlineData("node/vhost")]
    [InlineData("user@node")]
    [InlineData("http://node")]
    [InlineData("amqp://u:p@node")]
    [InlineData("node\0")]
    [InlineData("no\u0007de")]
    [InlineData("-node")]
    [InlineData("node-:5672")]
    [InlineData("a.-b")]
    [InlineData("a..b")]
    [InlineData(".")]
    [InlineData(".a")]
    [InlineData("a,b")]
    [InlineData("a;b")]
    [InlineData("a\\b")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("::1")]
    [InlineData("fe80::1:5672")]
    [InlineData("node:")]
    [InlineData(":5672")]
    [InlineData("node:0")]
    [InlineData("node:-2")]
    [InlineData("node:+5672")]
    [InlineData("node: 5672")]
    [InlineData("node:65536")]
    [InlineData("node:99999999999999999999")]
    [InlineData("node:abc")]
    [InlineData("node:5672.5")]
    [InlineData("node:5672:5673")]
    [InlineData("[::1")]
    [InlineData("[::1]:")]
    [InlineData("[::1]5672")]
    [InlineData("[]:5672")]
    [InlineData("[node]")]
    [InlineData("[10.0.0.1]")]
    [InlineData("[[::1]]")]
    [InlineData("[::1/64]")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.300")]
    [InlineData("192.168.010.001")]
    [InlineData("0x0a000001")]
    [InlineData("10.0.0x1")]
    [InlineData("1")]
    public void What_is_no_host_is_refused(string? text)
    {
        bool parsed = EndpointParser.TryParse(text, 5672, out RabbitEndpoint endpoint, out string problem);

        Assert.False(parsed);
        Assert.Equal(default, endpoint);
        Assert.InRange(problem.Length, 1, 200);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void A_part_of_a_host_name_has_at_most_63_characters(int length, bool accepted)
        => Assert.Equal(accepted, EndpointParser.TryParse(new string('a', length) + ".example", 5672, out _, out _));

    [Theory]
    [InlineData(253, true)]
    [InlineData(254, false)]
    public void A_host_name_has_at_most_253_characters(int length, bool accepted)
    {
        string host = string.Concat(Enumerable.Repeat("abcdefg.", 32))[..(length - 1)] + "z";

        Assert.Equal(length, host.Length);
        Assert.Equal(accepted, EndpointParser.TryParse(host, 5672, out _, out _));
        Assert.Equal(accepted, EndpointParser.TryParse(host + ".", 5672, out _, out _));
    }

    [Theory]
    [InlineData("amqp://nova:s3cret@node")]
    [InlineData("nova:s3cret@node:5672")]
    [InlineData("node:s3cret")]
    [InlineData("s3cret/node")]
    public void A_problem_never_repeats_the_text(string text)
    {
        _ = EndpointParser.TryParse(text, 5672, out _, out string problem);

        Assert.DoesNotContain("s3cret", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("node", "node:5672")]
    [InlineData("[::1]:5673", "[::1]:5673")]
    public void An_endpoint_prints_as_host_and_port(string text, string printed)
    {
        _ = EndpointParser.TryParse(text, 5672, out RabbitEndpoint endpoint, out _);

        Assert.Equal(printed, endpoint.ToString());
    }
}

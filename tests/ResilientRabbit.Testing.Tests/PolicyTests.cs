using Xunit;

namespace ResilientRabbit.Testing.Tests;

/// <summary>What is refused of a policy. What policies do is told by the conformance tests, beside a real broker.</summary>
public sealed class PolicyTests
{
    [Theory]
    [InlineData("max-lenght", 1, "is not recognised")]
    [InlineData("max-length", "1", "a whole number")]
    [InlineData("max-length", -1, "a whole number")]
    [InlineData("message-ttl", null, "a whole number")]
    [InlineData("dead-letter-exchange", 1, "needs a string")]
    public async Task A_key_or_value_that_RabbitMQ_has_not_is_refused(string key, object? value, string expected)
    {
        await using TestBroker broker = await TestBroker.StartAsync();

        ArgumentException refused = Assert.Throws<ArgumentException>(() => broker.SetPolicy(new TestBrokerPolicy("p", ".*", new Dictionary<string, object?> { [key] = value })));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.Contains("'p'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pattern_that_is_none_and_a_host_that_is_not_there_are_refused()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        Dictionary<string, object?> definition = new() { ["max-length"] = 1 };

        Assert.ThrowsAny<ArgumentException>(() => broker.SetPolicy(new TestBrokerPolicy("p", "(", definition)));
        Assert.Throws<ArgumentException>(() => broker.SetPolicy(new TestBrokerPolicy("p", ".*", new Dictionary<string, object?>())));
        Assert.Throws<InvalidOperationException>(() => broker.SetPolicy(new TestBrokerPolicy("p", ".*", definition), "nowhere"));
        Assert.False(broker.RemovePolicy("p"));
    }

    [Fact]
    public async Task A_queue_tells_which_policy_acts_on_it_and_keeps_its_arguments()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        await using var connection = await PlainDriver.ConnectAsync(broker);
        await using var channel = await connection.CreateChannelAsync();
        await PlainDriver.DeclareAsync(channel, "orders");
        Assert.Null(broker.Queue("orders")!.Policy);

        broker.SetPolicy(new TestBrokerPolicy("short", "^ord", new Dictionary<string, object?> { ["max-length"] = 1 }));
        Assert.Equal("short", broker.Queue("orders")!.Policy);
        Assert.DoesNotContain("x-max-length", broker.Queue("orders")!.Arguments.Keys);

        // The same declaration as before: what the policy adds is no part of it.
        await PlainDriver.DeclareAsync(channel, "orders");
        Assert.True(broker.RemovePolicy("short"));
        Assert.Null(broker.Queue("orders")!.Policy);
    }
}

using ResilientRabbit.Testing.Model;
using ResilientRabbit.Testing.Wire;
using Xunit;

namespace ResilientRabbit.Testing.Tests.Model;

public sealed class RulesTests
{
    [Theory]
    [InlineData("^orders", "orders.eu", true)]
    [InlineData("^orders", "my-orders", false)]
    [InlineData("orders", "my-orders", true)]
    [InlineData("", "anything", false)]
    [InlineData("", "", true)]
    [InlineData(".*", "anything", true)]
    public void A_permission_is_a_regular_expression_that_may_match_anywhere(string pattern, string name, bool allowed)
    {
        Permissions permissions = new(pattern, "^$", "^$");

        Assert.Equal(allowed, permissions.Allows(Permission.Configure, name));
        Assert.Equal(name.Length == 0, permissions.Allows(Permission.Write, name));
    }

    [Theory]
    [InlineData("5000", null)]
    [InlineData("0", null)]
    [InlineData("+7", null)]
    [InlineData("", "no_integer")]
    [InlineData("abc", "no_integer")]
    [InlineData("12x", "{leftover_string,\"x\"}")]
    [InlineData("-1", "{value_negative,-1}")]
    [InlineData("315360000001", "{value_too_large,315360000001}")]
    [InlineData("99999999999999999999", "{value_too_large,99999999999999999999}")]
    public void An_expiration_is_read_as_RabbitMQ_reads_it(string text, string? error) => Assert.Equal(error, QueueArguments.ExpiryError(text, out _));

    [Fact]
    public void Unequal_declarations_are_told_as_RabbitMQ_tells_them()
    {
        Assert.Equal(
            "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': received 'false' but current is 'true'",
            Assert.Throws<AmqpErrorException>(() => Equivalence.Field(current: true, received: false, "durable", "queue 'q' in vhost '/'")).Text);
        Assert.Equal(
            "PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': received none but current is the value '5' of type 'signedint'",
            Unequal(new AmqpTable { ["x-message-ttl"] = 5 }, []));
        Assert.Equal(
            "PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': received '6' but current is '5'",
            Unequal(new AmqpTable { ["x-message-ttl"] = 5 }, new AmqpTable { ["x-message-ttl"] = 6L }));
    }

    [Fact]
    public void Declarations_compare_integers_by_value_and_know_that_classic_is_the_default()
    {
        Equivalence.Arguments(
            new AmqpTable { ["x-message-ttl"] = 5, ["unknown"] = 1 }, new AmqpTable { ["x-message-ttl"] = 5L, ["x-queue-type"] = "classic" },
            QueueArguments.OfClassic, "queue");
    }

    [Theory]
    [InlineData("x-message-ttl", "x", "\"expected integer, got longstr\"")]
    [InlineData("x-message-ttl", -1, "{value_negative,-1}")]
    [InlineData("x-expires", 0, "{value_zero,0}")]
    [InlineData("x-max-priority", 256, "{max_value_exceeded,256}")]
    [InlineData("x-overflow", "explode", "invalid_overflow")]
    [InlineData("x-single-active-consumer", 1, "{unacceptable_type,signedint}")]
    [InlineData("x-dead-letter-routing-key", "k", "routing_key_but_no_dlx_defined")]
    [InlineData("x-queue-type", "tape", "\"unsupported queue type 'tape'\"")]
    public void A_bad_argument_is_refused_with_RabbitMQs_text(string name, object value, string error)
    {
        AmqpErrorException exception = Assert.Throws<AmqpErrorException>(
            () => QueueArguments.Check(new AmqpTable { [name] = value }, "queue 'q' in vhost '/'"));

        Assert.Equal($"PRECONDITION_FAILED - invalid arg '{name}' for queue 'q' in vhost '/': {error}", exception.Text);
    }

    [Fact]
    public void An_argument_of_the_other_type_of_queue_is_refused()
    {
        AmqpErrorException exception = Assert.Throws<AmqpErrorException>(
            () => QueueArguments.Check(new AmqpTable { ["x-queue-type"] = "quorum", ["x-max-priority"] = 5 }, "queue 'q' in vhost '/'"));

        Assert.Equal("PRECONDITION_FAILED - invalid arg 'x-max-priority' for queue 'q' in vhost '/' of queue type rabbit_quorum_queue", exception.Text);
    }

    [Fact]
    public void A_long_text_is_cut_to_what_a_short_string_holds()
    {
        string text = ReplyCode.Text(404, new string('é', 300));

        Assert.EndsWith("...", text, StringComparison.Ordinal);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(text), 253, 255);
    }

    private static string Unequal(AmqpTable current, AmqpTable received) => Assert.Throws<AmqpErrorException>(
        () => Equivalence.Arguments(current, received, ["x-message-ttl"], "queue 'q' in vhost '/'")).Text;
}

using System.Text;
using RabbitMQ.Client;
using ResilientRabbit.Consuming;
using Xunit;

namespace ResilientRabbit.Tests.Consuming;

public sealed class CopyBuilderTests
{
    [Fact]
    public void A_retry_copy_keeps_id_and_headers_and_counts_the_attempt()
    {
        ReceivedMessage message = Message(("tenant", "blue"u8.ToArray()), ("x-delivery-attempt", 2));

        OutboundMessage copy = CopyBuilder.Full(message, "orders.retry.5000", Settlement.Retry, "why");

        Assert.Equal(("", "orders.retry.5000", true), (copy.Exchange, copy.RoutingKey, copy.Mandatory!.Value));
        Assert.Equal("4711", copy.Properties!.MessageId);
        Assert.Equal("blue"u8.ToArray(), copy.Properties.Headers["tenant"]);
        Assert.Equal(3, copy.Properties.Headers["x-delivery-attempt"]);
        Assert.Equal("why", copy.Properties.Headers["x-retry-reason"]);
        Assert.Equal("shop", copy.Properties.Headers["x-original-exchange"]);
    }

    [Fact]
    public void A_dead_letter_copy_keeps_the_attempt_and_names_the_reason()
    {
        OutboundMessage copy = CopyBuilder.Full(Message(("x-delivery-attempt", 5)), "orders.dead-letter", Settlement.DeadLetter, "why");

        Assert.Equal(5, copy.Properties!.Headers["x-delivery-attempt"]);
        Assert.Equal("why", copy.Properties.Headers["x-dead-letter-reason"]);
    }

    [Fact]
    public void What_would_end_or_multiply_the_copy_is_kept_under_another_name()
    {
        ReceivedMessage message = Message(("CC", new List<object?> { "elsewhere" }), ("x-publish-id", "1"));

        MessageProperties copy = CopyBuilder.Full(message, "orders.dead-letter", Settlement.DeadLetter, "why").Properties!;

        Assert.Null(copy.Expiration);
        Assert.Null(copy.UserId);
        Assert.Equal("500", copy.Headers["x-original-expiration"]);
        Assert.Equal("nova", copy.Headers["x-original-user-id"]);
        Assert.False(copy.Headers.ContainsKey("CC"));
        Assert.True(copy.Headers.ContainsKey("x-original-cc"));
        Assert.False(copy.Headers.ContainsKey("x-publish-id"));
    }

    [Theory]
    [InlineData("orders", false)]
    [InlineData("elsewhere", true)]
    public void A_death_record_that_names_the_queue_would_be_taken_for_a_circle(string queue, bool isKept)
    {
        var death = new Dictionary<string, object?>(StringComparer.Ordinal) { ["queue"] = Encoding.UTF8.GetBytes(queue), ["reason"] = "expired"u8.ToArray() };

        MessageProperties copy = CopyBuilder.Full(Message(("x-death", new List<object?> { death })), "orders.retry.5000", Settlement.Retry, "why").Properties!;

        Assert.Equal(isKept, copy.Headers.ContainsKey("x-death"));
        Assert.Equal(!isKept, copy.Headers.ContainsKey("x-death-before-retry"));
    }

    [Fact]
    public void A_reason_is_cut_and_carries_no_credentials()
    {
        string reason = CopyBuilder.Reason(Settlement.Retry, new InvalidOperationException("amqp://nova:s3cret@host failed; Password=hunter2; " + new string('€', 2000)));

        Assert.StartsWith("InvalidOperationException: amqp://***@host failed; Password=***; €", reason, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(reason), 1000, 1024);
    }

    [Theory]
    [InlineData("Unexpected token: it is not allowed here")]
    [InlineData("Invalid token: } at line 3")]
    [InlineData("Basic authentication failed")]
    public void Words_about_tokens_are_no_secrets(string text) =>
        Assert.Equal("FormatException: " + text, CopyBuilder.Reason(Settlement.Retry, new FormatException(text)));

    [Theory]
    [InlineData("{\"user\":\"nova\",\"password\":\"zq9 hunter2\"}")]
    [InlineData("{ \"token\" : \"zq9hunter2\" }")]
    [InlineData("{'api_key': 'zq9hunter2'}")]
    [InlineData("Password=\"zq9;hunter2\";Host=db")]
    [InlineData("token: zq9hunter2")]
    [InlineData("token: zqhunterhunterhunter")]
    [InlineData("token=zqh")]
    [InlineData("secret: zqhunter; more")]
    [InlineData("password: zqh")]
    [InlineData("Authorization: Bearer zq9hunter2")]
    [InlineData("authorization: Basic enE5aHVudGVyMg==")]
    public void Secrets_are_masked_in_whatever_way_they_are_written(string text)
    {
        string reason = CopyBuilder.Reason(Settlement.Retry, new FormatException(text));

        Assert.DoesNotContain("zq", reason, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", reason, StringComparison.Ordinal);
        Assert.DoesNotContain("enE5", reason, StringComparison.Ordinal);
        Assert.Contains("***", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_copy_has_nothing_that_could_be_refused()
    {
        string id = new('\uFFFD', 100);
        var message = new ReceivedMessage("body"u8.ToArray(), new BasicProperties { MessageId = id, ContentType = "\0" + id });

        MessageProperties copy = CopyBuilder.Bare(message, "orders.dead-letter", Settlement.DeadLetter, "why").Properties!;

        Assert.Equal((id[..85], id[..85]), (copy.MessageId, copy.ContentType));
    }

    [Fact]
    public void A_reason_holds_no_half_of_a_surrogate_pair() =>
        Assert.Equal("FormatException: \uFFFD!", CopyBuilder.Reason(Settlement.Retry, new FormatException("\ud83d!")));

    private static ReceivedMessage Message(params (string Name, object? Value)[] headers) => new(
        "body"u8.ToArray(),
        new BasicProperties
        {
            MessageId = "4711",
            Expiration = "500",
            UserId = "nova",
            Headers = headers.ToDictionary(static header => header.Name, static header => header.Value, StringComparer.Ordinal),
        })
    {
        Queue = "orders",
        Exchange = "shop",
        RoutingKey = "eu",
    };
}
